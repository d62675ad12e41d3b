"""Trust in providers: reputation from work done, random challenges of their hardware, slashing, and what makes a false claim pay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..flows import Flow, burn
from .base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes


class Reputation(Mechanism):
    """Beta reputation with forgetting: what each provider did well and badly, in jobs, the older the less.

        good' = good 2^(-dt / half_life) + done,   bad' = bad 2^(-dt / half_life) + failed + penalty failures                           [job]
        weight = floor + (1 - floor) (a + good) / (a + b + good + bad)                                                                   [1]

    The mean of a beta distribution with prior (a, b). A new identity begins at floor + (1 - floor) a / (a + b): with a = 0 at the least weight there is,
    so nobody gains by beginning anew; with a > 0 whoever did worse than the prior does. `whitewash` shows that gain: times what a unit of weight earns,
    it is what an identity must cost. Shapes [provider, path]. Source: Josang and Ismail 2002, beta reputation system; the prior is an assumption.
    """

    name = "reputation"
    breaks = (
        "A prior above the least weight: whoever cheated begins anew and is trusted more than before. A long half-life lets a provider live on old work, "
        "a short one forgets the honest as fast. Work reported by friends, or bought from oneself, is reputation for the price of its fee."
    )

    class Params(Parameters):
        providers: Ref = account("providers/token", "whose reputation it is: the rows")
        work: Ref = reads("", "job/day", "work of each provider; empty: reports only")
        quality: Ref = reads("", "1", "share of it that was done right; empty: all")
        failures: Ref = reads("", "1", "challenges that each provider failed since the last call; empty: none")
        weight: Ref = writes("reputation", "1", "weight of each provider, from floor to 1")
        whitewash: Ref = writes("", "1", "what each provider would gain by a new identity, below 0 what it would lose; empty: none")
        half_life: Number = number("90", "day", "after which what was done counts half", gt="0")
        a: Number = number("0", "job", "prior of work done well", ge="0")
        b: Number = number("100", "job", "prior of work done badly", gt="0")
        floor: Number = number("0.1", "1", "least weight", ge="0", le="1")
        penalty: Number = number("1000", "job", "bad work that a failed challenge counts as", ge="0")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"good": make(0, "job", p.providers), "bad": make(0, "job", p.providers)}

    @event(roles={"provider": "providers"}, arguments={"done": "job", "failed": "job"}, order_free=True, authority="operator")
    def report(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], done: Any, failed: Any) -> Emitted:
        """A provider did so much well and so much badly, as whoever checked it says; its weight follows at the next call."""
        xp, at = ctx.xp, rows["provider"]
        return [], {"good": xp.add_at(state["good"], at, done), "bad": xp.add_at(state["bad"], at, failed)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp = ctx.xp
        good, bad = state["good"], state["bad"]
        if p.work:
            work = signals[p.work] * ctx.dt
            right = signals[p.quality] if p.quality else 1
            good, bad = good + work * right, bad + work * (1 - right)
        if p.failures:
            bad = bad + p.penalty * signals[p.failures]
        weight = p.floor + (1 - p.floor) * ((p.a + good) / (p.a + p.b + good + bad))
        shown = {p.weight: weight}
        if p.whitewash:
            shown[p.whitewash] = p.floor + (1 - p.floor) * (p.a / (p.a + p.b)) - weight
        kept = xp.power(xp.num("0.5"), ctx.dt / p.half_life)
        return [], {"good": good * kept, "bad": bad * kept, **shown}


class HardwareChallenge(Mechanism):
    """Providers prove their hardware when asked, at times nobody can foresee; who fails loses stake.

        asked_i when u_i < 1 - exp(-(rate + rented_i rate_rented) dt),   lost_i = min(slash failed_i, stake_i)                           [stake]

    failed_i counts false answers since the last call: those an operator saw, those that the signal `false` tells (in a simulation, `false_claims`), and
    challenges that nobody answered within `deadline` steps. `rate_rented` is the proof of time-lock: that rented hardware serves its tenant alone. One
    row is one provider; a provider that is asked again before it answered has one answer to give. Shapes [provider, path].

    Sources: io.net (availability challenges at random times; proof of work, proof of time-lock; slashing for spoofing).
    """

    name = "hardware_challenge"
    breaks = (
        "A slash below g (1 - p) / p, with g the gain of a false claim and p the chance that a challenge shows it: cheating pays on average. A check that "
        "fails honest providers: their loss a challenge is its false positive rate times the slash, so a slash can also be too high. Stake smaller than "
        "the slash caps the loss, and the deterrent with it."
    )
    tags: Mapping[str, Tag] = {"slash": "transfer"}
    noise: Mapping[str, Noise] = {"luck": Noise("uniform", per="stake")}

    class Params(Parameters):
        stake: Ref = account("staked/token", "what each provider has at stake: the rows")
        slashed: Literal["burn", "treasury"] = option("burn", "where slashed stake goes")
        treasury: Ref = account("", "who receives it, when it is not burned")
        rented: Ref = reads("", "1", "share of each provider's hardware that is rented; empty: none")
        false: Ref = reads("", "1", "false answers of each provider to the challenges of the last call; empty: operators tell")
        challenged: Ref = writes("challenged", "1", "1 for each provider that this call asks")
        failed: Ref = writes("", "1", "false answers counted by this call; empty: none")
        loss: Ref = writes("", "stake", "what a false answer would cost each provider; empty: none")
        rate: Number = number("0.1", "1/day", "challenges of a provider", ge="0")
        rate_rented: Number = number("0", "1/day", "further challenges of one that is rented", ge="0")
        slash: Number = number("100", "stake", "stake lost by a false answer", ge="0")
        deadline: int = count(0, "steps after which no answer is a false one; 0: it never is", unit="step")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        if (p.slashed == "treasury") == bool(p.treasury):
            return []
        return [("treasury", f"{p.treasury or 'none is named'}, and slashed stake goes to {p.slashed}", "an account for `treasury`, none for `burn`")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {name: make(0, of=p.stake) for name in ("pending", "asked", "wrong")}

    @event(roles={"provider": "stake"}, arguments={"right": "1"}, authority="operator")
    def answer(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], right: Any) -> Emitted:
        """A provider answered the challenge: `right` is 1 for a proof that holds and 0 for a false one, which the next call slashes."""
        xp, at, where = ctx.xp, rows["provider"], "hardware_challenge.answer"
        refuse_unless(ctx, xp.le(right, 1), f"{where}, argument 'right'", "more than right", "a number from 0 to 1")
        refuse_unless(ctx, xp.eq(state["pending"][at], 1), where, "no challenge waits for this provider", "a provider that was asked")
        return [], {"pending": xp.put(state["pending"], at, 0 * right), "wrong": xp.add_at(state["wrong"], at, 1 - right)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, pending, stake = ctx.xp, state["pending"], state[p.stake]
        wrong = state["wrong"]
        if p.false:
            wrong, pending = wrong + signals[p.false], 0 * pending  # who simulates answers answers all
        if p.deadline:
            late = pending * xp.gate(ctx.t - state["asked"] - p.deadline, 0)
            wrong, pending = wrong + late, pending - late
        lost = xp.minimum(p.slash * wrong, stake)
        rate = p.rate + p.rate_rented * signals[p.rented] if p.rented else p.rate
        asked = xp.where(xp.lt(ctx.noise["luck"], -xp.expm1(-(rate * ctx.dt))), 1, 0) + 0 * pending
        shown = {p.challenged: asked, p.failed: wrong, p.loss: xp.minimum(p.slash + 0 * stake, stake - lost)}
        updates = {"pending": xp.maximum(pending, asked), "asked": state["asked"] + asked * (1 - pending) * (ctx.t - state["asked"]), "wrong": 0 * wrong}
        updates |= {name: value for name, value in shown.items() if name}
        if p.slashed == "burn":
            return [burn(p.stake, lost, "slash")], updates
        return [Flow(p.stake, p.treasury, lost, "slash")], updates


class FalseClaims(Mechanism):
    """Providers who claim hardware that they have not, as long as that pays.

        payoff_i = (1 - p) gain - p loss_i,   share_i' = clip(share_i + speed sign(payoff_i), 0, 1)                                      [loss]
        false_i = 1 when asked_i and u_i < share_i p + (1 - share_i) fpr,   else 0

    share_i is how likely provider i claims falsely; p is the chance that a challenge shows a false claim, fpr that it fails an honest one; gain is what a
    false claim brings from one challenge to the next. It stops paying at loss = gain (1 - p) / p, which `bound` shows. Shapes [provider, path].
    Source: the deterrence condition of Becker 1968. How fast providers react is an assumption.
    """

    name = "false_claims"
    breaks = (
        "Providers here know p and the slash, and answer to the mean. Real ones guess, and a rare large slash deters the careful only. Where one operator "
        "has many identities, each with little at stake, the loss of one is small against the gain of all."
    )
    behaviour = True
    noise: Mapping[str, Noise] = {"luck": Noise("uniform", per="providers")}

    class Params(Parameters):
        providers: Ref = account("staked/token", "the rows")
        challenged: Ref = reads("challenged", "1", "who is asked")
        loss: Ref = reads("loss", "*", "what a false answer costs each provider")
        share: Ref = writes("false_share", "1", "how likely each provider claims falsely; its start is where it begins")
        false: Ref = writes("false_answers", "1", "false answers of each provider")
        bound: Ref = writes("", "loss", "loss from which on a false claim does not pay; empty: none")
        gain: Number = number(None, "loss", "what a false claim brings from one challenge to the next", ge="0")
        detection: Number = number("0.5", "1", "p: chance that a challenge shows a false claim", gt="0", le="1")
        false_positive: Number = number("0", "1", "fpr: chance that it fails an honest provider", ge="0", le="1")
        speed: Number = number("0.01", "1", "largest change of a share in one call", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, share, loss = ctx.xp, signals[p.share], signals[p.loss]
        won, lost = (1 - p.detection) * p.gain + 0 * loss, p.detection * loss
        turn = xp.where(xp.gt(won, lost), 1, 0) - xp.where(xp.lt(won, lost), 1, 0)
        shown = share * p.detection + (1 - share) * p.false_positive
        answers = signals[p.challenged] * xp.where(xp.lt(ctx.noise["luck"], shown), 1, 0)
        updates = {p.share: xp.clip(share + p.speed * turn, 0 * share, 1 + 0 * share), p.false: answers}
        if p.bound:
            updates[p.bound] = p.gain * (1 - p.detection) / p.detection + 0 * xp.total(loss)
        return [], updates
