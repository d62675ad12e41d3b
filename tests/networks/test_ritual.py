"""The Ritual preset: what is published of it to the last unit, what the article claims marked as its own, and the three designs of its gate in a crash."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

import mintage as mt
from mintage.errors import RunError
from mintage.mechanisms.base import runs
from tests.mechanisms.estate import Stage

CRASH = 365
PATHS, DAYS = 16, 455
SHOWN = (
    "price",
    "outside",
    "access",
    "entry",
    "entry_cost",
    "supply/RIT",
    "circulating/RIT",
    "mint/RIT",
    "demand",
    "node_count",
    "yield",
    "staked/RIT",
    "tag:revenue/USD",
    "functional/RIT",
    "surplus",
    "matched",
    "match_price",
    "subscriber_retention",
    "staker_retention",
    "pool_growth",
)


@cache
def run(scenario: str = "base"):
    save = mt.Save(every=7, vars=SHOWN, paths=True)
    return mt.simulate(mt.load("ritual").scenario(scenario), PATHS, DAYS, save=save)


def live(**values):
    """The preset as it runs: its events one by one, its rules by the day, without the modelled world."""
    play = Stage(mt.load("ritual").with_values({**values, "answers.fee": "0.05"}).economy())
    play.bound.stepping = [c for c in play.bound.stepping if runs(c.use)]
    play.luck = {"priority": {"luck": [0.5] * 16}}
    return play


def test_the_preset_is_sound():
    assert [str(f) for f in mt.load("ritual").economy().check()] == []


def test_what_the_article_claims_is_marked_as_its_claim_and_all_else_is_published_or_assumed():
    told = {p.path: p for p in mt.load("ritual").provenance}
    claims = {path for path, p in told.items() if p.source == "A002"}
    assert claims == {"signals.price.start", "signals.people.start", "plan.founding"}
    assert {p.source for p in told.values() if p.source[1:].isdigit()} == {"A002", "A003", "S90", "S92"}
    supply = [p for path, p in told.items() if path.startswith(("allocation.", "assets.RIT.cap", "assets.RIT.genesis"))]
    assert supply
    assert all(p.assumed for p in supply)


def test_market_value_and_stakers_are_those_of_the_article():
    """A002: 150M to 300M USD, about 8,000 stakers."""
    r = run()
    value = r["price"][0] * r["circulating/RIT"][0]
    assert value == pytest.approx(np.full(PATHS, 225e6))
    assert sum(mt.load("ritual").economy().signals["people"].start) == 8000


def test_all_tokens_are_there_from_the_start_and_none_is_ever_minted():
    r = run()
    assert r["supply/RIT"] == pytest.approx(np.full_like(r["supply/RIT"], 1e9))
    assert not r["mint/RIT"].any()
    told = mt.load("ritual").economy()
    assert sum(t.amount for u in told.uses if u.mechanism.name == "vesting" for t in u.params.tranches) == 1_000_000_000


# --- Infernet, as the contract pays it ---------------------------------------------------------------------------


def answered(verifier_fee: str):
    play = live(**{"answers.verifier_fee": verifier_fee})
    for wallet in ("consumers", "nodes"):
        play.event(f"{wallet}_tokens", "deposit", {"owner": 0}, amount=10_000)
    roles = {"consumer": 0, "subscription": 0}
    play.event("answers", "create", roles, price=1000, deposit=5000, period=0, intervals=1, copies=1)
    play.before = {k: play.row(f"{k}/RIT")[0] for k in ("protocol", "verifier", "nodes")}
    play.event("answers", "deliver", {"node": 0, "subscription": 0, "proof": 0})
    return play


def gained(play):
    return [play.row(f"{k}/RIT")[0] - before for k, before in play.before.items()]


def test_an_answer_of_a_thousand_is_divided_as_the_contract_does():
    """T2: with V = 50 protocol 102.5, verifier 47.5, node 850; T1 without a verifier's fee: protocol 100, node 900. Balances are near 2e8: to 1e-6."""
    for fee, parts in (("50", [102.5, 47.5, 850]), ("0", [100, 0, 900])):
        play = answered(fee)
        play.event("answers", "approve", {"proof": 0})
        assert gained(play) == pytest.approx(parts, abs=1e-6)


def test_a_verdict_has_604800_seconds():
    """T3: a node whose proof nobody judged is paid at the seventh daily epoch, and its rejection is refused from there on."""
    play, found = answered("50"), []
    play.bound.stepping = [c for c in play.bound.stepping if c.name == "answers"]  # nothing else moves meanwhile
    for _ in range(7):
        found.append(play.row("proofs/RIT")[0])
        play.steps(1)
    assert found == [850] * 7
    assert play.row("proofs/RIT")[0] == 0
    assert gained(play)[2] == pytest.approx(850, abs=1e-6)
    with pytest.raises(RunError, match="MT312"):
        play.event("answers", "reject", {"proof": 0})


# --- stake, pool shares, access ----------------------------------------------------------------------------------


def test_pool_shares_open_what_stake_opens_and_earn_meanwhile():
    """A class without any stake is in a tier by its pool shares alone; and a pool share is worth more of both sides as traders pay fees."""
    play = live()
    play.event("stakes", "unstake", {"staker": 15}, amount=play.row("staked/RIT")[15])
    play.steps(1)
    assert play.row("staked/RIT")[15] == 0
    assert play.signal("lp_weight")[15] > 0
    assert play.signal("tier")[15] == 3
    assert (run()["pool_growth"][-1] > 1).all()


def test_a_request_beyond_the_rate_limit_is_refused():
    play = live()
    play.steps(1)
    held = float(play.world.memory["gate"]["bucket"][0, 0])
    assert held > 0
    play.event("gate", "request", {"member": 0}, work=int(held))
    with pytest.raises(RunError, match=r"MT312 access_tiers\.request"):
        play.event("gate", "request", {"member": 0}, work=2)


def after_the_crash(scenario: str, name: str, weeks: int = 8):
    """Median over the paths, so many weeks after the fall."""
    return float(np.median(run(scenario)[name][CRASH // 7 + weeks]))


def test_in_a_crash_a_gate_in_dollars_locks_out_one_in_tokens_does_not_and_an_indexed_one_does_slowly():
    """A002's stress, 80 % down: what is outside is the same on the same paths, what the gate makes of it is not."""
    fiat, token, indexed = ("crash", "crash_token_gate", "crash_indexed_gate")
    for other in (token, indexed):
        assert run(other)["outside"] == pytest.approx(run(fiat)["outside"])
    assert after_the_crash(token, "access") == 1
    assert after_the_crash(fiat, "access") < 0.6
    assert after_the_crash(indexed, "access", 2) > after_the_crash(fiat, "access", 2)
    assert after_the_crash(indexed, "access", 12) <= after_the_crash(indexed, "access", 2)
    assert after_the_crash(fiat, "price", 2) < after_the_crash(indexed, "price", 2) <= after_the_crash(token, "price", 2) * (1 + 1e-9)
    assert after_the_crash(fiat, "entry_cost") == pytest.approx(500)
    assert after_the_crash(token, "entry") == pytest.approx(1000)


def test_where_nobody_is_locked_out_the_price_is_the_outside_one():
    r = run("crash_token_gate")
    assert r["price"] == pytest.approx(r["outside"])


# --- the overlays, and what scenarios do ------------------------------------------------------------------------


def test_resonance_sells_work_without_a_token_or_a_margin_and_leaves_a_surplus():
    r = run("resonance")
    assert (r["matched"][4:] > 0).all()
    assert (r["surplus"][4:] > 0).all()
    assert r["functional/RIT"].sum() == 0
    prices = r["match_price"][4:]
    assert ((prices >= 0.001) & (prices <= 0.006)).all()  # between what the cheapest node asks and what the keenest user would pay


def test_stakers_stay_longer_than_subscribers():
    """Side by side, as the article says of lock-in: under the churn and the yield that are assumed, which is what the result is worth."""
    r = run("subscriptions")
    assert np.median(r["staker_retention"][-1]) > np.median(r["subscriber_retention"][-1]) > 0
    assert run("base")["tag:revenue/USD"].sum() < r["tag:revenue/USD"].sum()


def test_without_the_token_answers_are_bought_as_much_and_need_no_rit():
    variant = mt.load("ritual").with_values({"answers_sold.settlement": "stablecoin"})
    saved = mt.Save(vars=("tag:revenue/USD", "functional/RIT"))
    ablated, base = (mt.simulate(s, 4, 120, save=saved).end for s in (variant, mt.load("ritual")))
    assert (ablated["functional/RIT"] == 0).all()
    assert (base["functional/RIT"] > 0).all()
    assert ablated["tag:revenue/USD"] == pytest.approx(base["tag:revenue/USD"], rel=0.05)


def test_scenarios_move_the_way_their_names_say():
    def median(scenario: str, name: str) -> float:
        return float(np.median(run(scenario)[name][-1]))

    assert median("bear", "price") < median("base", "price") < median("bull", "price")
    assert median("bear", "demand") < median("base", "demand") < median("bull", "demand")
    assert median("demand_collapse", "demand") == pytest.approx(0.3 * median("base", "demand"))
    assert median("compute_cost_spike", "node_count") < median("base", "node_count")
