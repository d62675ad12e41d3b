"""Point 5, governance quality: can one holder decide, is there time to leave, does anyone move emission to himself?"""

from __future__ import annotations

import numpy as np

from ... import metrics as M
from ..evidence import Evidence
from . import Finding, at_least, at_most, criterion, not_shown
from .declared import declared

FRAMEWORK = "six-point framework, point 5"
NO_HOLDERS = "governance.holders (voting weights) is not declared"


def weights(e: Evidence) -> np.ndarray | None:
    """Declared voting weights, largest first."""
    given = declared(e, "governance.holders")
    w = np.sort(np.array([float(w) for w in given or ()]))[::-1]
    return w if w.sum() > 0 else None


@criterion("T501", "Nakamoto number", unit="holders", threshold=">= 4", weight=2, source="our choice")
def nakamoto(e: Evidence) -> Finding:
    w = weights(e)
    return at_least(None if w is None else float(M.nakamoto(w)), 4, "{value:.0f} holders together have a majority.", NO_HOLDERS)


@criterion("T502", "No holder near a blocking share", unit="1", threshold="largest < 1/3", source="our choice")
def largest(e: Evidence) -> Finding:
    w = weights(e)
    return at_most(None if w is None else float(w[0] / w.sum()), 1 / 3 - 1e-12, "The largest holder has {value:.0%} of the votes.", NO_HOLDERS)


@criterion("T503", "Concentration of votes", unit="1", threshold="HHI <= 0.15", source="United States merger guidelines 2010: above 0.15 is concentrated")
def hhi(e: Evidence) -> Finding:
    w = weights(e)
    return at_most(None if w is None else float(M.herfindahl(w)), 0.15, "The Herfindahl index of votes is {value:.2f}.", NO_HOLDERS)


@criterion("T504", "Power, not weight", unit="1", threshold="largest Banzhaf index <= 0.5", source="our choice; Banzhaf 1965")
def power(e: Evidence) -> Finding:
    w = weights(e)
    if w is None:
        return not_shown(NO_HOLDERS)
    whole = np.round(w / w.sum() * 1000).astype(int)
    if (whole == 0).any() or len(whole) > 200:  # many small ones: the largest against an ocean
        value = float(M.ocean_power(w[0] / w.sum()))
    else:
        value = float(np.max(M.banzhaf(whole, int(whole.sum()) // 2 + 1).normalised))
    return at_most(value, 0.5, "The largest holder has {value:.0%} of the voting power.", "")


@criterion("T505", "No dictator at real turnout", unit="1", threshold="largest share / (1 - share) < turnout", weight=3, source=FRAMEWORK)
def dictator(e: Evidence) -> Finding:
    w, turnout = weights(e), declared(e, "governance.turnout")
    if w is None or turnout is None:
        return not_shown(NO_HOLDERS if w is None else "governance.turnout is not declared")
    share = float(w[0] / w.sum())
    needed = float(M.dictator_turnout(share)) if share < 0.5 else 1.0
    return Finding(
        needed, needed < float(turnout), f"The largest holder decides alone below {needed:.0%} turnout; turnout is {float(turnout):.0%}.", {"share": share}
    )


@criterion("T506", "Quorum", unit="1", threshold=">= 0.04", source="our choice; Compound's 4 %")
def quorum(e: Evidence) -> Finding:
    value = declared(e, "governance.quorum")
    return at_least(None if value is None else float(value), 0.04, "A vote needs {value:.1%} of supply.", "governance.quorum is not declared")


@criterion("T507", "Timelock", unit="day", threshold=">= 2 days", source="our choice; Compound's 2 days")
def timelock(e: Evidence) -> Finding:
    value = declared(e, "governance.timelock_days")
    return at_least(None if value is None else float(value), 2, "Changes wait {value:.1f} days.", "governance.timelock_days is not declared")


@criterion("T508", "No single key upgrades the code", unit="", threshold="none, dao, or a multisig of >= 3", source="our choice")
def upgrade(e: Evidence) -> Finding:
    key, signers = declared(e, "governance.upgrade_key"), declared(e, "governance.multisig_threshold")
    if key is None:
        return not_shown("governance.upgrade_key is not declared")
    sound = key in ("none", "dao") or (key == "multisig" and signers is not None and int(signers) >= 3)
    return Finding(str(key), sound, f"The code is upgraded by: {key}{f' of {signers}' if key == 'multisig' and signers else ''}.", {})


@criterion(
    "T509",
    "Emission is not moved to affiliates",
    unit="1",
    threshold="over >= 5 proposals: redirect index <= 0.5, and with a declared quality share, not more often than chance (binomial p >= 0.05)",
    weight=2,
    source="red flag 4",
)
def redirect(e: Evidence) -> Finding:
    proposals = declared(e, "governance.proposals")
    if not proposals or len(proposals) < 5:
        return not_shown("fewer than 5 passed proposals are declared")
    part, whole = ([float(getattr(p, name)) for p in proposals] for name in ("moved_to_affiliates", "moved_total"))
    if not sum(whole) or any(a > b for a, b in zip(part, whole, strict=True)):
        return not_shown("the declared proposals move nothing, or more to affiliates than in all")
    index, quality = sum(part) / sum(whole), declared(e, "governance.affiliates_quality")
    if quality is None and index <= 0.5:
        return not_shown("governance.affiliates_quality is not declared, so whether affiliates are favoured by chance cannot be told")
    chance = None if quality is None else M.redirect_surprise(part, whole, float(quality))
    said = f"{index:.0%} of the emission that proposals moved went to affiliates"
    if chance is not None:
        said += f"; their work deserving {float(quality):.0%}, chance alone would favour them as often with p = {chance:.3f}"
    sound = index <= 0.5 and (chance is None or chance >= 0.05)
    return Finding(index, sound, f"{said}.", {"proposals": [str(p.id) for p in proposals], "p": chance})


@criterion(
    "T510",
    "Buying a vote costs more than it wins",
    unit="1",
    threshold="cost / treasury >= 1",
    source="attack price: cost of the turnout's majority against the treasury",
)
def attack(e: Evidence) -> Finding:
    turnout = declared(e, "governance.turnout")
    m = e.base
    treasury = m.worth("treasury")
    if turnout is None or not m.by_role("treasury") or not np.isfinite(treasury).all():
        return not_shown("governance.turnout is not declared, or there is no treasury")
    cost = float(np.median(m.price[0] * m.run[f"circulating/{m.token}"][0])) * float(turnout)
    prize = float(np.median(treasury))
    return at_least(cost / prize if prize else None, 1.0, "Outvoting the usual turnout costs {value:.1f} times the treasury.", "the treasury is empty")


@criterion("T511", "Someone can pause in an emergency", unit="", threshold="declared yes", weight=0.5, source="our choice")
def pause(e: Evidence) -> Finding:
    value = declared(e, "governance.emergency_pause")
    return (
        not_shown("governance.emergency_pause is not declared")
        if value is None
        else Finding(str(value), bool(value), f"An emergency pause is {'there' if value else 'missing'}.", {})
    )
