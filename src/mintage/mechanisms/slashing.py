"""Slashing with an appeal, and the arithmetic by which an operator decides to cheat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from ..accounts import Account
from ..flows import Flow, burn
from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, refuse_unless, writes
from .emission import calls_before
from .sharing import by_owner
from .stakers import in_all_lots


class Slashing(Mechanism):
    """Take stake for what an operator saw its owner do, after it could appeal.

        accuse a share:  staked -> accused[n mod window],   not appealed by call n + window - 1: slashed
        appeal:          accused -> appealed[n mod ruling], upheld: slashed,   overturned: back to staked,   no ruling by call n + ruling - 1: `silence`

    Slashed stake is burned or goes to a treasury. What is accused earns nothing and cannot leave. The share is also taken from what is on its way out, when
    `unbonding` is named. To deter, a slash must exceed gain x (1 - p) / p where p is the chance of being caught (see `misconduct`).

    Compare io.net: slashing for spoofing or data compromise, one month to appeal (third party).
    """

    name = "slashing"
    breaks: ClassVar[str] = (
        "Whoever accuses holds power over the accused: stake is out of use while a case is open, right or wrong. If gain grows with the stake of others, as in "
        "a double spend, no slash of one's own stake deters; and honest operators pay for each false alarm."
    )
    tags: Mapping[str, Tag] = {"accuse": "transfer", "appeal": "transfer", "slash": "transfer", "return": "transfer"}

    class Params(Parameters):
        staked: Ref = account("staked/token", "stake that can be slashed")
        unbonding: Ref = account("", "what is on its way out of it, in lots; empty: out of reach")
        lots_out: int = count(0, "lots of `unbonding`", le=4096)
        accused: Ref = account("accused/token", "what is held until it is appealed or slashed: the same rows")
        appealed: Ref = account("appealed/token", "what is held until there is a ruling: the same rows")
        window: int = count(31, "lots of `accused`: to appeal there is one call less, at least", ge=2, le=4096)
        ruling: int = count(15, "lots of `appealed`: a ruling may take one call less, at least", ge=2, le=4096)
        silence: Literal["return", "slash"] = option("return", "what becomes of an appeal on which nobody ruled")
        slashed: Literal["burn", "treasury"] = option("burn", "where slashed tokens go")
        treasury: Ref = account("", "who receives them, when they are not burned")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = []
        if (p.slashed == "treasury") != bool(p.treasury):
            faults.append(("treasury", f"{p.treasury or 'none is named'}, and slashed tokens go to {p.slashed}", "an account for `treasury`, none for `burn`"))
        if bool(p.unbonding) != bool(p.lots_out):
            faults.append(("lots_out", f"{p.lots_out} lots of {p.unbonding or 'no account'}", "its number of lots where `unbonding` is named, else 0"))
        return faults

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.accused: p.window, p.appealed: p.ruling}

    @event(roles={"staker": "staked"}, arguments={"share": "1"}, authority="operator")
    def accuse(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """An operator saw an owner do wrong: `share` of its stake, from 0 to 1, is held."""
        at, lot = rows["staker"], calls_before(ctx.t, ctx) % p.window
        refuse_unless(ctx, ctx.xp.le(share, 1), "slashing.accuse, argument 'share'", "more than all", "a share from 0 to 1")
        places: list[tuple[Account, Any]] = [(p.staked, at), *((p.unbonding, (i, at)) for i in range(p.lots_out))]
        return [Flow(place, p.accused, state[place][index] * share, "accuse", index, (lot, at)) for place, index in places], {}

    @event(roles={"staker": "staked"}, arguments={})
    def appeal(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An owner appeals against all that is held of it and not yet slashed."""
        xp, at, lot = ctx.xp, rows["staker"], calls_before(ctx.t, ctx) % p.ruling
        held = in_all_lots(xp, state[p.accused])[at]
        refuse_unless(ctx, xp.gt(held, 0 * held), "slashing.appeal", "nothing of the owner is held", "an owner who was accused")
        return [Flow(p.accused, p.appealed, state[p.accused][(i, at)], "appeal", (i, at), (lot, at)) for i in range(p.window)], {}

    @event(roles={"staker": "staked"}, arguments={}, authority="operator")
    def uphold(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The ruling on an owner's appeal: it is slashed."""
        at = rows["staker"]
        return [f for i in range(p.ruling) for f in sunk(p, state, ctx.xp, p.appealed, (i, at), at)], {}

    @event(roles={"staker": "staked"}, arguments={}, authority="operator")
    def overturn(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The ruling on an owner's appeal: it gets its stake back."""
        at = rows["staker"]
        return [Flow(p.appealed, p.staked, state[p.appealed][(i, at)], "return", (i, at), at) for i in range(p.ruling)], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        n = calls_before(ctx.t, ctx) + 1
        flows = sunk(p, state, ctx.xp, p.accused, n % p.window, None)
        if p.silence == "slash":
            return flows + sunk(p, state, ctx.xp, p.appealed, n % p.ruling, None), {}
        return [*flows, Flow(p.appealed, p.staked, state[p.appealed][n % p.ruling], "return", n % p.ruling, None)], {}


def sunk(p: Any, state: State, xp: Any, place: Account, index: Any, rows: Any) -> list[Flow]:
    """The flows that slash what lies at `index` of `place`, a lot or the rows of one."""
    lost = state[place][index]
    if p.slashed == "burn":
        return [burn(place, lost, "slash", index)]
    lot = index if rows is None else index[0]
    return [Flow(place, p.treasury, part, "slash", lot if at is None else (lot, at)) for at, part in by_owner(xp, state, p.treasury, rows, lost)]


class Misconduct(Mechanism):
    """Operators cheat when it pays, and some of them are caught.

        cheats when (1 - p) gain > p share stake,   that is unless share stake >= gain (1 - p) / p            [staked], shapes [holder, path]

    Who cheats and is not caught takes `gain` from `victims`, as far as they have it, all alike; who is caught loses `share` of its stake into `accused`, where
    `slashing` takes it from there. Of those who do not cheat a part `false_alarm` a call is accused too, appeals at once and waits in `appealed`. Chances
    are independent by owner and call.

    Source of the condition: Becker 1968; the operator is taken to weigh gains and losses alike.
    """

    name = "misconduct"
    behaviour = True
    breaks: ClassVar[str] = (
        "Deterrence fails where detection is rare, because the slash that it asks for grows as 1 / p; and a slash above an owner's stake is an empty threat. "
        "Small stakes are then the ones that cheat."
    )
    noise: Mapping[str, Noise] = {"seen": Noise("uniform", per="staked")}
    tags: Mapping[str, Tag] = {"gain": "transfer", "accuse": "transfer", "appeal": "transfer"}

    class Params(Parameters):
        staked: Ref = account("staked/token", "operators' stake")
        liquid: Ref = account("holders/token", "where their gains arrive: the same rows")
        victims: Ref = account("market/token", "who loses what they gain")
        accused: Ref = account("accused/token", "as of `slashing`")
        appealed: Ref = account("appealed/token", "as of `slashing`")
        window: int = count(31, "lots of `accused`, as of `slashing`", ge=2, le=4096)
        ruling: int = count(15, "lots of `appealed`, as of `slashing`", ge=2, le=4096)
        gain: Number = number(None, "staked", "what an operator gains by cheating for a call", ge="0")
        detection: Number = number("0.05", "1", "p: chance that a cheat is caught in a call", ge="0", le="1")
        false_alarm: Number = number("0", "1", "chance that an honest operator is accused in a call", ge="0", le="1")
        share: Number = number("1", "1", "share of the stake that a slash takes", ge="0", le="1")
        cheating: Ref = writes("", "1", "signal that shows the share of operators with a stake who cheat; empty: none")

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.accused: p.window, p.appealed: p.ruling}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, stake, seen, n = ctx.xp, state[p.staked], ctx.noise["seen"], calls_before(ctx.t, ctx)
        there = xp.where(xp.gt(stake, 0 * stake), 1, 0)
        cheats = there * xp.where(xp.gt((1 - p.detection) * p.gain + 0 * stake, p.detection * p.share * stake), 1, 0)
        caught = cheats * xp.where(xp.lt(seen, p.detection), 1, 0)
        wronged = (there - cheats) * xp.where(xp.lt(seen, p.false_alarm), 1, 0)
        wanted = (cheats - caught) * p.gain
        taken = wanted * xp.minimum(xp.div(xp.total(state[p.victims]), xp.total(wanted), 1), 1)
        flows = [
            Flow(p.victims, p.liquid, taken, "gain"),
            Flow(p.staked, p.accused, caught * stake * p.share, "accuse", None, n % p.window),
            Flow(p.staked, p.appealed, wronged * stake * p.share, "appeal", None, n % p.ruling),
        ]
        return flows, {p.cheating: xp.div(xp.total(cheats), xp.total(there), 0)} if p.cheating else {}
