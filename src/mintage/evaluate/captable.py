"""One table for equity, tokens and warrants: who holds what, what that is of all there can be, what it cost and what it pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..accounts import OUTSIDE
from ..arithmetic import NUMPY
from ..economy import Economy
from ..mechanisms.sales import TokenSale, TokenWarrants
from ..mechanisms.vesting import Vesting, unlocked


@dataclass(frozen=True)
class Stake:
    """A holder's line. `tokens` free and `locked` [token], `warrants` in tokens they buy, `shares` [share]; `of_tokens`, `of_diluted` and `of_equity` [1]
    are its parts of all tokens, of all tokens if every warrant is exercised, and of all shares; `cost` and `worth` [fiat] what was paid where that is
    known, and what all of it pays at the prices asked for; `multiple` [1] is worth over cost, None where nothing is known to have been paid."""

    holder: str
    role: str
    tokens: float
    locked: float
    warrants: float
    shares: float
    of_tokens: float
    of_diluted: float
    of_equity: float
    cost: float
    worth: float

    @property
    def multiple(self) -> float | None:
        return self.worth / self.cost if self.cost > 0 else None


def cap_table(economy: Economy, balances: Mapping[str, float], day: float, price: float, share_price: float = 0.0) -> list[Stake]:
    """Every holder of tokens, shares or warrants on a day [since the start], the largest diluted part first.

    `balances` maps `kind/ASSET` to what the kind holds, as a run's `end` or a live network has it; `price` [fiat/token], `share_price` [fiat/share]. Tokens
    that vest or were sold in a round are their owner's, locked; warrants pay max(0, price - strike) a token and dilute only beyond what their reserve holds.
    """
    held: dict[str, dict[str, float]] = {}

    def add(kind: str, **amounts: float) -> None:
        mine = held.setdefault(kind, {})
        for what, amount in amounts.items():
            mine[what] = mine.get(what, 0.0) + amount

    binder, token, owners, rights, reserved, vesting = economy.binder(NUMPY), economy.token, dict[str, str](), dict[str, Any](), 0.0, set[str]()
    for use in economy.uses:
        p = binder.bind(use.params)
        if isinstance(use.mechanism, Vesting):
            vesting.add(str(p.locked))
            for t in (t for t in p.tranches if t.account.asset == token):
                add(t.account.kind, locked=t.amount * (1 - float(unlocked(t, day, NUMPY))), cost=t.amount * t.price)
        elif isinstance(use.mechanism, TokenSale):
            owners[str(p.locked)] = p.bought.kind
            add(p.bought.kind, cost=p.price * (float(economy.opening.get(p.reserve, 0)) - balances.get(str(p.reserve), 0.0)))
        elif isinstance(use.mechanism, TokenWarrants):
            rights[str(p.warrants)] = p
            reserved += balances.get(str(p.reserve), 0.0)
    for name, amount in balances.items():
        kind, _, asset = name.partition("/")
        if kind not in economy.kinds or kind in OUTSIDE or name in vesting or asset not in economy.assets:
            continue
        if name in owners:
            add(owners[name], locked=amount)
        elif name in rights:
            bought = amount * rights[name].ratio
            add(kind, warrants=bought, payoff=bought * max(0.0, price - rights[name].strike))
        elif asset == token or economy.assets[asset].form == "share":
            add(kind, **{"tokens" if asset == token else "shares": amount})
    return _stakes(economy, held, price, share_price, reserved)


def _stakes(economy: Economy, held: Mapping[str, Mapping[str, float]], price: float, share_price: float, reserved: float) -> list[Stake]:
    def of(kind: str, *names: str) -> float:
        return sum(held[kind].get(n, 0.0) for n in names)

    tokens = sum(of(k, "tokens", "locked") for k in held)
    diluted = tokens + max(0.0, sum(of(k, "warrants") for k in held) - reserved)
    shares = sum(of(k, "shares") for k in held)
    out = []
    for kind in held:
        mine = of(kind, "tokens", "locked")
        worth = mine * price + of(kind, "payoff") + of(kind, "shares") * share_price
        parts = (mine / tokens if tokens else 0.0, (mine + of(kind, "warrants")) / diluted if diluted else 0.0, of(kind, "shares") / shares if shares else 0.0)
        amounts = (of(kind, "tokens"), of(kind, "locked"), of(kind, "warrants"), of(kind, "shares"))
        out.append(Stake(kind, economy.kinds[kind].role, *amounts, *parts, of(kind, "cost"), worth))
    return sorted((s for s in out if s.tokens or s.locked or s.warrants or s.shares), key=lambda s: -s.of_diluted)
