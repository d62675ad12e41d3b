"""Who may do what: scopes, and who owns a row.

A scope is a text such as `epochs` or `events:jobs.pay`; a star at its end stands for anything that follows. A key with scopes is an
operator within them. A key bound to an owner acts for that owner: within its scopes, or in everything the owner may when it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..accounts import OUTSIDE
from ..live.service import EventInfo
from .refused import refuse

SCOPE = re.compile(r"\*|[a-z]+(:(\*|[A-Za-z0-9_]+(\.(\*|[A-Za-z0-9_]+))?))?")
SCOPES = {
    "events:CALL.EVENT": "operator events, events of the outside and of closed kinds",
    "members": "let others join an open kind",
    "oracle:SIGNAL": "report values of a measured signal",
    "epochs": "run epochs by hand",
    "changes": "change parameters",
    "breaker": "trip and reset the breaker",
    "moves": "correct a mistake by a transfer",
    "keys": "make and revoke keys, with no scope but one's own",
    "custody:OWNER": "bind keys to that owner",
}


def covers(held: Iterable[str], scope: str) -> bool:
    """Whether one of the scopes `held` grants `scope`; `scope` may itself end in a star."""
    return any(h == scope or (h.endswith("*") and scope.startswith(h[:-1])) for h in held)


@dataclass(frozen=True)
class Caller:
    """Who asks: the key, the owner it acts for ("" for none), its scopes, whether it was bound; nonce, signature of a signed request."""

    key: str
    owner: str = ""
    scopes: frozenset[str] = frozenset()
    bound: bool = False
    nonce: int = 0
    proof: str = ""

    @property
    def by(self) -> str:
        """Whom the journal names."""
        return self.owner or f"operator {self.key[:12]}"

    def needs(self, scope: str) -> None:
        """Errors: MT905 without `scope`. A key bound to an owner has its scopes for that owner's sake, and is no operator."""
        if self.bound or not covers(self.scopes, scope):
            raise refuse("MT905", self.by, f"no scope '{scope}'", "an operator's key that has it")

    def acts_for(self, owner: str, scope: str) -> bool:
        """Whether this caller is `owner` as far as `scope` goes."""
        return bool(self.owner) and self.owner == owner and (not self.bound or not self.scopes or covers(self.scopes, scope))


def allow_event(caller: Caller, info: EventInfo, roles: dict[str, str]) -> None:
    """Errors: MT905 unless this caller may cause the event with these owners in its roles.

    The owner of the row in the first role may, where an owner can have that row. A row of a closed kind belongs to no key, and what comes from
    outside the economy cannot be seen from within: for both an operator vouches, and so for an event that says so.
    """
    scope = f"events:{info.call}.{info.event}"
    outside = any(account.partition("/")[0] in OUTSIDE for account in info.roles.values())
    first = next(iter(info.roles), "")
    if info.authority == "operator" or outside or not first or info.rows[first] != "owner":
        caller.needs(scope)
    elif not caller.acts_for(roles[first], scope):
        raise refuse("MT905", f"{info.call}.{info.event}", f"{caller.by} is not the {first}", "a request of that owner, or of a key that acts for them")
