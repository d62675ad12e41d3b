"""What can go wrong for a user, in one place: a code, a place, what was found, what was expected, what to do.

Asserts are for our mistakes; these classes are for theirs. Every code stands in `codes.CODES`, so that
`mintage explain MT104` can say more than one line holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    `code` is a key of `codes.CODES`; `where` names the mechanism, key or account; `file`, `line` and `text` point into the
    author's file when there is one; `found`, `expected` and `hint` are sentences without a full stop.
    """

    code: str
    where: str
    found: str
    expected: str = ""
    hint: str = ""
    file: str = ""
    line: int = 0
    text: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line} " if self.file and self.line else f"{self.file} " if self.file else ""
        out = f"{self.code} {place}{self.where}: {self.found}"
        if self.expected:
            out += f", expected {self.expected}"
        out += "."
        if self.hint:
            out += f" {self.hint}" + ("" if self.hint.endswith("?") else ".")
        if self.text:
            out += f"\n    {self.line:>4} | {self.text.rstrip()}"
        return out


class MintageError(Exception):
    """Base of every error a user can cause; `exit_status` is the command line's."""

    exit_status = 2

    def __init__(self, *faults: Fault) -> None:
        if not faults:
            raise AssertionError("an error without a fault says nothing")
        self.faults = faults
        super().__init__("\n".join(str(f) for f in faults))

    def __reduce__(self) -> tuple[type[MintageError], tuple[Fault, ...]]:
        return type(self), self.faults  # crosses process borders whole


class UsageError(MintageError):
    """A command, option or call is wrong."""

    exit_status = 2


class Interrupted(UsageError):
    """The caller stopped the work before any of it was finished."""

    exit_status = 130


class SpecError(MintageError):
    """The spec, or a mechanism it names, is not sound: nothing was run."""

    exit_status = 3


class RunError(MintageError):
    """A run broke a law (overdraft, NaN, negative flow, cap passed) and stopped."""

    exit_status = 3


class ServiceError(MintageError):
    """A service or library outside the base install is missing or failed."""

    exit_status = 5


class LedgerError(MintageError):
    """The ledger refused, or is not what it should be; what was acknowledged before still stands.

    The exit status is 4 only where it does not balance or is damaged, 5 where its store is in use or away, and 2 where a request was wrong.
    """

    exit_status = 4

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        codes = {f.code for f in faults}
        self.exit_status = 5 if codes & {"MT701", "MT703", "MT705", "MT708"} else 2 if codes <= {"MT704", "MT707", "MT709", "MT710", "MT711"} else 4


def nearest(name: str, valid: object) -> str:
    """A hint naming the valid names closest to `name`, or all of them when few, or nothing."""
    names = sorted(str(v) for v in valid)  # type: ignore[attr-defined]
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return "one of: " + ", ".join(names) if 0 < len(names) <= 12 else ""
