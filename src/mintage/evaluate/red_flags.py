"""The five red flags. Each stands on named tests, so that no rule is written twice: one failing test raises the flag.

A flag whose tests lack data stays undecided (None): not shown, never fine.
"""

from __future__ import annotations

from .document import Flag, Test

FLAGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "RF1": ("The team holds more than 20 % of total supply", ("T301",)),
    "RF2": ("Insiders unlock early: a cliff under 12 months, or tokens unlocked at generation", ("T303", "T305")),
    "RF3": ("No link between usage and demand for the token", ("T103", "T401")),
    "RF4": ("Governance moves emission to its own affiliates", ("T509",)),
    "RF5": ("Emission grows faster than external revenue", ("T203",)),
}


def flags(tests: list[Test]) -> list[Flag]:
    """All five, decided from the tests they stand on."""
    known = {t.code: t for t in tests}
    out = []
    for code, (title, stands_on) in FLAGS.items():
        mine = [known[c] for c in stands_on]
        failed = [t for t in mine if t.verdict == "fail"]
        open_ = [t for t in mine if t.verdict == "not_shown"]
        raised = True if failed else None if open_ else False
        said = " ".join(dict.fromkeys(t.sentence for t in (failed or open_ or mine)))
        evidence = {t.code: {"value": t.value, "threshold": t.threshold, **t.evidence} for t in mine}
        out.append(Flag(code=code, title=title, raised=raised, sentence=said, evidence=evidence))
    return out
