"""Ritual: how Infernet's contract divides a payment, and how long a proof may wait. Nothing else of Ritual is published."""

from __future__ import annotations

from functools import cache

from .anchor import anchor
from .runs import Acts, only, preset

SDK = "infernet-sdk, Coordinator and Fee, 2024-10-28"
PRICE, VERIFIED, SECONDS = 1000, 50, 86_400
PURSE = {"consumers/RIT": 10_000, "nodes/RIT": 30_000}


def _answered(verifier_fee: int, step: str = "1 day") -> Acts:
    """One answer for 1,000, as the preset's contract is paid for it; with a fee of 0 nobody judges it."""
    values = {"network.step": step, "answers.verifier_fee": verifier_fee} | ({} if verifier_fee else {"answers.verifier": ""})
    acts = Acts(only(preset("ritual").with_values(values), "answers", opening=PURSE))
    acts.act("answers", "create", consumer=0, subscription=0, price=PRICE, deposit=5 * PRICE, period=0, intervals=1, copies=1)
    return acts.act("answers", "deliver", node=0, subscription=0, proof=0)


@cache
def _approved() -> dict[str, float]:
    """Who has what of it once the verifier has found it valid."""
    acts = _answered(VERIFIED).act("answers", "approve", proof=0)
    return {kind: acts.held(f"{kind}/RIT") for kind in ("protocol", "verifier", "nodes")}


@anchor("T1", "ritual", "of 1,000 at 500 basis points a side: protocol", 100, "RIT", source=SDK, standing="derived", within=1e-9)
def _protocol() -> float:
    return _answered(0).held("protocol/RIT")


@anchor("T1b", "ritual", "of 1,000 at 500 basis points a side: node", 900, "RIT", source=SDK, standing="derived", within=1e-9)
def _node() -> float:
    return _answered(0).held("nodes/RIT") - PURSE["nodes/RIT"] / 3


@anchor("T2", "ritual", "with a verifier's fee of 50: protocol", 102.5, "RIT", source=SDK, standing="derived", within=1e-9)
def _protocol_verified() -> float:
    return _approved()["protocol"]


@anchor("T2b", "ritual", "with a verifier's fee of 50: verifier", 47.5, "RIT", source=SDK, standing="derived", within=1e-9)
def _verifier() -> float:
    return _approved()["verifier"]


@anchor("T2c", "ritual", "with a verifier's fee of 50: node, once approved", 850, "RIT", source=SDK, standing="derived", within=1e-9)
def _node_verified() -> float:
    return _approved()["nodes"] - PURSE["nodes/RIT"] / 3


@anchor("T3", "ritual", "silence of the verifier after which a node is paid", 604_800, "s", source=SDK, standing="primary", within=1e-6)
def _window() -> float:
    acts, steps = _answered(VERIFIED, "1 hour"), 0
    while acts.held("proofs/RIT") > 0:
        acts.steps(1)
        steps += 1
    return float(steps * acts.bound.dt) * SECONDS
