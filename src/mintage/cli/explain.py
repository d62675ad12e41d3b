"""`mintage explain`: more than one line holds about a code, test, flag or metric."""

from __future__ import annotations

import textwrap

import click

from ..errors import Fault, UsageError, nearest
from .common import AS_JSON, emit, twin
from .mechanisms import shown
from .vocabulary import begin, words
from .words import explained


@click.command("explain", epilog=twin('from mintage.codes import CODES\ntitle, text = CODES["MT302"]\nprint(title)'))
@click.argument("code", shell_complete=explained)
@AS_JSON
def command(code: str, as_json: bool) -> int:
    """Explain CODE: an error (MT302), a test (T201), a red flag (RF3), a metric (ratio_last_year); or list `errors`, `tests`, `flags`, `metrics`.

    The name of a mechanism shows what `mintage mechanisms` does; a word (utility, unlock) lists the tests, flags and metrics whose titles have it.
    """
    from ..codes import CODES

    if code == "errors":
        return listed({k: t for k, (t, _) in CODES.items()}, as_json)
    if code.upper() in CODES:
        title, text = CODES[code.upper()]
        return told({"code": code.upper(), "title": title, "text": text}, as_json)
    from ..evaluate.criteria import all_criteria
    from ..evaluate.figures import METRICS
    from ..evaluate.red_flags import FLAGS

    tests = {c.code: c for c in all_criteria()}
    lists = {
        "tests": {c.code: f"{c.title}: {c.threshold} (weight {c.weight:g})" for c in tests.values()},
        "flags": {k: t for k, (t, _) in FLAGS.items()},
        "metrics": {m.name: f"{m.title} [{m.unit}]" for m in METRICS.values()},
    }
    if code in lists:
        return listed(lists[code], as_json)
    if code.upper() in tests:
        c = tests[code.upper()]
        text = f"Passes when: {c.threshold} [{c.unit or '-'}]. Weight {c.weight:g} in point {c.point}. Threshold from: {c.source}."
        text += " Missing data counts as not shown."
        return told({"code": c.code, "title": c.title, "text": text}, as_json)
    if code.upper() in FLAGS:
        title, stands_on = FLAGS[code.upper()]
        return told(
            {
                "code": code.upper(),
                "title": title,
                "text": f"Raised when one of these tests fails: {', '.join(stands_on)}. Undecided while their data is missing.",
            },
            as_json,
        )
    if code in METRICS:
        m = METRICS[code]
        doc = textwrap.dedent(m.read.__doc__ or "").strip()
        text = f"Unit [{m.unit}]. Better: {m.better or 'neither direction'}. One number per path. {doc}"
        return told({"code": m.name, "title": m.title, "text": text.strip()}, as_json)
    from ..mechanisms import find

    if (mechanism := find(code)) is not None:
        shown(code, mechanism, as_json)
        return 0
    titled = {k: v for rows in lists.values() for k, v in rows.items() if begin(words(code), words(v))}
    if titled:
        return listed(titled, as_json)
    known = [*CODES, *tests, *FLAGS, *METRICS, *lists, "errors"]
    raise UsageError(
        Fault("MT521", f"'{code[:40]}'", "is no code, test, flag or metric", "one that errors, tests, flags or metrics lists", nearest(code, known))
    )


def told(what: dict[str, str], as_json: bool) -> int:
    if as_json:
        emit(what)
    else:
        click.echo(f"{what['code']} {what['title']}\n\n{textwrap.fill(what['text'], 88)}")
    return 0


def listed(rows: dict[str, str], as_json: bool) -> int:
    if as_json:
        emit(rows)
    else:
        width = max(map(len, rows))
        for key, text in rows.items():
            click.echo(f"{key:<{width}}  {text}")
    return 0
