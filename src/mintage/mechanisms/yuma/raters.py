"""People of a subnet where nobody is there: miners whose quality wanders, validators who look at it, copy, or favour their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, account, number, option, reads, writes
from ..sharing import column
from .consensus import normalised
from .pairs import as_rows


class MinerTier(Parameters):
    """One row of the miners."""

    level: Number = number("1", "1", "quality to which it returns", ge="0")


class MinerQuality(Mechanism):
    """Quality of each miner's work, AR(1): q' = max(level + r (q - level) + spread sqrt(1 - r^2) e, 0), e uniform with mean 0 and variance 1.

    Pure numbers, shape [miner, path]. `spread` is the standard deviation in the long run, r the correlation of a call's quality with the last one's,
    so that what is L calls old still tells r^L of it. Start the signal at the levels, or where you like.
    """

    name = "miner_quality"
    behaviour = True
    noise = {"luck": Noise("uniform", per="miners")}
    breaks: ClassVar[str] = "Real miners improve when they are paid for it and stop when they are not; here quality knows nothing of pay."

    class Params(Parameters):
        miners: Ref = account("miners/token", "the miners, one row each")
        quality: Ref = writes("quality", "1", "quality of each")
        tiers: tuple[MinerTier, ...] = option((MinerTier(),), "one for each row of miners, or one for all", rows="miners")
        persistence: Number = number("0.98", "1", "r, from one call to the next", ge="0", lt="1")
        spread: Number = number("0.3", "1", "standard deviation in the long run", ge="0")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        step = p.spread * xp.sqrt(3 * (1 - p.persistence * p.persistence))
        return {"level": column(xp, [t.level for t in p.tiers]), "step": step}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, gap = ctx.xp, signals[p.quality] - p.level
        moved = p.level + p.persistence * gap + p.step * (2 * ctx.noise["luck"] - 1)
        return [], {p.quality: xp.maximum(moved, 0)}


class Rater(Parameters):
    """What the validator of one row does."""

    error: Number = number("0.1", "1", "standard deviation of what it sees over what there is", ge="0")
    copies: Number = number("0", "1", "part of its weights that are the published consensus", ge="0", le="1")
    favours: Number = number("0", "1", "part of its weights that go to the cabal's miners", ge="0", le="1")


class YumaRaters(Mechanism):
    """Validators where nobody is there: each sees every miner's quality with an error of its own and weighs by it, or copies, or favours.

        h_ij = max(q_j (1 + error_i e_ij), 0)^sharpness,   w_i = (1 - c_i - f_i) N(h_i) + c_i N(C) + f_i N(cabal's miners)

    e_ij uniform with mean 0 and variance 1, new each call: of (u_i + v_j) mod 1, so that those of one validator are independent, and those on one
    miner. C is the consensus that was published at the last epoch, c_i and f_i the parts that are copied and favoured. Ratings are pure numbers with a
    row for each pair, miner by miner: [pair, path]. Put it before `yuma`, with the same `every`.
    """

    name = "yuma_raters"
    behaviour = True
    noise = {"sight": Noise("uniform", per="validators"), "light": Noise("uniform", per="miners")}
    breaks: ClassVar[str] = (
        "Errors here are independent. Validators who use the same test, or the same cloud, err together: then the median errs with them, and clipping "
        "punishes who sees it right."
    )

    class Params(Parameters):
        validators: Ref = account("validators/token", "the validators, one row each")
        miners: Ref = account("miners/token", "the miners, one row each")
        quality: Ref = reads("quality", "1", "quality of each miner")
        consensus: Ref = reads("", "1", "published consensus, which copiers copy; empty: nobody copies")
        ratings: Ref = writes("ratings", "1", "weights, a row for each pair")
        raters: tuple[Rater, ...] = option((Rater(),), "one for each row of validators, or one for all", rows="validators")
        cabal: tuple[int, ...] = option((), "rows of the miners that some favour")
        sharpness: Number = number("1", "1", "power of what is seen in a weight: more pays the best more", gt="0")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [
            (f"raters.{i}", f"copies {r.copies} and favours {r.favours}", "at most 1 together") for i, r in enumerate(p.raters) if r.copies + r.favours > 1
        ]
        if any(r.copies != 0 for r in p.raters) and not p.consensus:
            faults.append(("consensus", "none is named, and some copy it", "a signal"))
        if any(r.favours != 0 for r in p.raters) and not p.cabal:
            faults.append(("cabal", "empty, and some favour it", "rows of miners"))
        return faults

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {name: column(xp, [getattr(r, name) for r in p.raters]) for name in Rater.model_fields}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, quality = ctx.xp, signals[p.quality]
        both = ctx.noise["sight"] + ctx.noise["light"][:, None]
        sight = 2 * (both - xp.floor(both)) - 1
        seen = xp.maximum(quality[:, None] * (1 + p.error * xp.sqrt(xp.num(3)) * sight), 0)
        weights = (1 - p.copies - p.favours) * normalised(xp, xp.power(seen, p.sharpness), 0)
        if p.consensus:
            weights = weights + p.copies * normalised(xp, signals[p.consensus][:, None], 0)
        if p.cabal:
            mine = xp.put(0 * quality, np.array(p.cabal), 1)[:, None]
            weights = weights + p.favours * normalised(xp, mine, 0)
        return [], {p.ratings: as_rows(xp, weights)}
