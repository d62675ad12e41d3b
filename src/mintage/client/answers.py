"""What comes back: receipts and records with Decimal amounts, and errors out of problem details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import Fault, MintageError


class ApiError(MintageError):
    """The server refused. `faults` say what and why, `status` is HTTP's, `instance` the id in the server's log."""

    exit_status = 5
    status = 0
    instance = ""


class AuthError(ApiError):
    """Unknown key, bad signature, or not allowed (401, 403)."""


class ConflictError(ApiError):
    """Not in the state the network is in: too little money, a cap, an id or a nonce that was used (409)."""


class InvalidError(ApiError):
    """Wrong as it stands (400, 404, 413, 415, 422)."""


class BusyError(ApiError):
    """Not now: too many requests, a full server, a ledger or breaker that takes nothing (429, 503)."""


@dataclass(frozen=True)
class Movement:
    """A transfer that was posted."""

    reason: str
    debit: str
    credit: str
    amount: Decimal

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Movement:
        """Out of the server's JSON."""
        return cls(plain["reason"], plain["debit"], plain["credit"], Decimal(plain["amount"]))


@dataclass(frozen=True)
class Receipt:
    """What became of a request: it is in the journal. `transfers` counts all, `flows` are the first."""

    id: str
    seq: int
    time_ns: int
    step: int
    transfers: int
    flows: tuple[Movement, ...]
    repeated: bool

    @classmethod
    def of(cls, p: Mapping[str, Any]) -> Receipt:
        """Out of the server's JSON."""
        flows = tuple(Movement.of(f) for f in p["flows"])
        return cls(p["id"], p["seq"], int(p["time_ns"]), p["step"], p["transfers"], flows, p["repeated"])


@dataclass(frozen=True)
class Record:
    """A record of the journal. Each entry has its topic, its fields as text, and its flows."""

    seq: int
    time_ns: int
    entries: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, p: Mapping[str, Any]) -> Record:
        """Out of the server's JSON."""
        entries = tuple({**e, "flows": tuple(Movement.of(f) for f in e["flows"])} for e in p["entries"])
        return cls(p["seq"], int(p["time_ns"]), entries)


def error_of(status: int, problem: Any) -> ApiError:
    """The error that an answer is. Problem details become faults; anything else says that this is no server of ours."""
    kinds: dict[int, type[ApiError]] = {401: AuthError, 403: AuthError, 409: ConflictError, 429: BusyError, 503: BusyError}
    kind = kinds.get(status, InvalidError if 400 <= status < 500 else ApiError)
    if not isinstance(problem, dict) or "code" not in problem:
        return kind(Fault("MT933", f"status {status}", str(problem)[:200] or "nothing", "problem details"))
    told = problem.get("faults") or [problem]
    error = kind(*(Fault(**{k: str(f.get(k, "")) for k in ("code", "where", "found", "expected", "hint")}) for f in told))  # type: ignore[arg-type]
    error.status, error.instance = status, str(problem.get("instance", ""))
    return error
