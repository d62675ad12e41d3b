"""Who is paid what validators and root earn: by stake and by what backs it, to parents of child keys, to keepers what accrued while they kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY
from mintage.errors import RunError, SpecError
from mintage.live.entries import Event, Join
from mintage.live.service import LiveNetwork
from mintage.mechanisms.subnets.childkeys import after_parents, inherited
from mintage.mechanisms.subnets.dividends import distributed

from .test_subnets_emission import column
from .test_subnets_pools import EXAMPLES, FAST, example
from .village import both

KEPT, KEEPERS, ROOT, MINE = Account("kept", "ALPHA"), Account("keepers", "TAO"), Account("root", "TAO"), Account("holders", "TAO")
SHARES, STAKED, CLAIMS = Account("holders", "SHARE"), Account("staked", "ALPHA"), Account("root_claims", "ALPHA")
sizes = st.lists(st.integers(0, 1000).map(float), min_size=4, max_size=4)


# --- dividends ----------------------------------------------------------------------------------------------------


@FAST
@given(sizes, sizes, sizes)
def test_pots_are_paid_whole_by_what_stands_behind_dividends(dividends, alpha, root):
    paid, claims = distributed(NUMPY, np.full((1, 1), 70.0), np.full((1, 1), 30.0), column(dividends), column(alpha), column(root))
    assert (paid >= 0).all()
    assert (claims >= 0).all()
    # a hotkey without any stake has no root part, so all of its dividend counts as alpha's
    assert paid.sum() == pytest.approx(70) or not any(d * (a or not r) for d, a, r in zip(dividends, alpha, root, strict=True))
    assert claims.sum() == pytest.approx(30) or not any(d * r for d, r in zip(dividends, root, strict=True))
    assert (claims[np.array(root) == 0] == 0).all()


def test_takes_come_first_and_the_rest_joins_the_stake():
    for play in both(example("dividend_distribution")):
        play.event("dividends", "set_take", {"hotkey": 0}, share=0)
        play.event("dividends", "set_take", {"hotkey": 1}, share="0.1")
        with pytest.raises(RunError, match="more than a delegate may take"):
            play.event("dividends", "set_take", {"hotkey": 2}, share="0.181")
        before = {k: play[Account(k, "ALPHA")] for k in ("hotkeys", "delegated", "hotkey_claims")}
        play.steps(1)
        own, rest, claims = ([b - a for a, b in zip(before[k], play[Account(k, "ALPHA")], strict=True)] for k in before)
        pot, root_pot = (1_000_000 / 365 * s / 2 for s in (0.7, 0.3))
        assert own[0] == 0
        assert (rest[0], claims[0]) == pytest.approx((0.4 * pot, 0.4 * root_pot))
        assert own[1] == pytest.approx(0.1 * 0.3 * (pot + root_pot))
        assert own[3] == pytest.approx(11_796 / 65_535 * 0.1 * (pot + root_pot))
        assert sum(own + rest + claims) == pytest.approx(pot + root_pot)
        assert play[Account("pending", "ALPHA")] == pytest.approx([pot, 0])


def test_a_hotkey_that_joins_a_running_network_may_lend_and_borrow():
    """It brings a row of children and one of parents: what was lent before stays where it was, and the next epoch runs."""
    text = (EXAMPLES / "childkeys.toml").read_text("utf-8").replace('role = "provider", holders', 'role = "provider", members = "open", holders')
    for kind in ("delegated", "roots", "hotkey_claims"):
        text = text.replace(f"{kind} = {{", f'{kind} = {{ members = "hotkeys",')
    with LiveNetwork.open("memory:", mt.loads(text), secret=b"childkeys") as live:
        live.tick()
        live.do(Join(id="join", by="ann", kind="hotkeys", owner="ann", row=0))
        live.tick()
        live.do(Event(id="lend", by="ann", call="children", event="set_child", roles={"parent": "ann", "child": "@1"}, arguments={"share": "0.25"}))
        live.tick()
        lent = live.network.world.memory["children"]["lent"][..., 0]
    assert lent.shape == (5, 5)
    assert {(i, j): float(lent[i, j]) for i in range(5) for j in range(5) if lent[i, j]} == {(0, 3): 0.5, (4, 1): 0.25}


def test_without_dividends_pots_wait():
    text = (EXAMPLES / "dividend_distribution.toml").read_text("utf-8").replace("start = [0.4, 0.3, 0.2, 0.1]", "start = 0")
    for play in both(mt.loads(text).economy()):
        play.steps(2)
        assert play[Account("hotkeys", "ALPHA")] == [100_000] * 4
        assert play[Account("pending", "ALPHA")] == pytest.approx([0.7e6 / 365] * 2)


EPOCH = """
[accounts.pool]
holds = ["ALPHA"]
holders = 2

[accounts.mined]
holds = ["ALPHA"]
holders = 2
opening = { ALPHA = 1000 }

[accounts.crew]
holds = ["ALPHA"]
holders = 3

[signals]
incentive = { unit = "1", per = "crew", start = [0, 1, 3] }
"""


def test_one_subnet_is_paid_by_its_epoch_and_the_others_pots_join_their_stakers():
    text = (EXAMPLES / "dividend_distribution.toml").read_text("utf-8")
    i = text.index('delegated = "delegated/ALPHA"\n')
    text = text[:i] + 'stakers = "pool/ALPHA"\nminers_pot = "mined/ALPHA"\nminers = "crew/ALPHA"\nincentive = "incentive"\nsubnet = 1\ntake = 0.1\n'
    for play in both(mt.loads(text.replace("[signals]\n", EPOCH)).economy()):
        play.steps(1)
        pot = 0.7e6 / 365 / 2
        assert play[Account("pool", "ALPHA")] == pytest.approx([pot, 0.9 * pot])
        assert [x - 100_000 for x in play[Account("hotkeys", "ALPHA")]] == pytest.approx([0.1 * pot * d for d in (0.4, 0.3, 0.2, 0.1)])
        assert play[Account("mined", "ALPHA")] == pytest.approx([500, 0])
        assert play[Account("crew", "ALPHA")] == pytest.approx([0, 125, 375])
        assert play[Account("pending", "ALPHA")] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("wrong", ['delegated = "delegated/ALPHA"\nstakers = "pending/ALPHA"', 'stakers = "pending/ALPHA"\nminers_pot = "pending/ALPHA"'])
def test_pots_without_whom_they_are_for_are_a_fault(wrong):
    text = (EXAMPLES / "dividend_distribution.toml").read_text("utf-8").replace('delegated = "delegated/ALPHA"', wrong)
    with pytest.raises(SpecError, match="MT202"):
        mt.loads(text)


# --- child keys ---------------------------------------------------------------------------------------------------


def loans(draw):
    """[parent, child, path]: parts of at most one in all, nobody's own, and none both ways."""
    lent = np.zeros((4, 4, 1))
    for i in range(4):
        for j in range(4):
            if i != j and not lent[j, i, 0] and draw(st.booleans()):
                lent[i, j, 0] = draw(st.integers(0, int(20 * (1 - lent[i].sum() + 1e-9)))) / 20
    return lent


@FAST
@given(sizes, sizes, st.data())
def test_lending_moves_stake_and_dividends_and_makes_none(own, dividends, data):
    lent, take = loans(data.draw), column(data.draw(st.lists(st.integers(0, 18).map(lambda n: n / 100), min_size=4, max_size=4)))
    own, dividends = column(own), column(dividends)
    stake = inherited(NUMPY, own, lent)
    assert stake.sum() == pytest.approx(own.sum())
    assert (stake >= -1e-9).all()
    after = after_parents(NUMPY, dividends, own, lent, take)
    assert after.sum() == pytest.approx(dividends.sum())
    assert (after >= -1e-9).all()


def test_a_parent_has_back_what_its_stake_earned_with_its_child_less_the_take():
    own, lent = column([100, 50, 0, 0]), np.zeros((4, 4, 1))
    lent[0, 2] = 0.5
    assert inherited(NUMPY, own, lent)[:, 0].tolist() == [50, 50, 50, 0]
    even, taken = (after_parents(NUMPY, column([1, 1, 1, 0]), own, lent, column([0, 0, t, 0]))[:, 0].tolist() for t in (0, 0.18))
    assert even == pytest.approx([2, 1, 0, 0])
    assert taken == pytest.approx([1.82, 1, 0.18, 0])
    friends = after_parents(NUMPY, column([1, 1, 1, 0]), own, lent, column([0, 0, 0.18, 0]), column([7, 1, 7, 2]))[:, 0].tolist()
    assert friends == pytest.approx([2, 1, 0, 0])  # no take between keys of one owner


def lend(play, parent, child, share):
    play.event("children", "set_child", {"parent": parent, "child": child}, share=share)


def test_what_is_lent_counts_from_the_next_call_and_dividends_from_the_one_after():
    text = (EXAMPLES / "childkeys.toml").read_text("utf-8").replace("loans = [{ parent = 0, child = 3, share = 0.5 }]\n", "")
    for play in both(mt.loads(text).economy()):
        lend(play, 0, 3, "0.5")
        assert play.signal("stake")[0] == 340_000
        play.steps(1)
        w = 300_000 + 0.18 * 50_000
        assert play.signal("stake") == pytest.approx([w / 2, w, w, 1.5 * w])
        assert play.signal("dividends") == pytest.approx([0.4, 0.3, 0.2, 0.1])
        play.steps(1)
        assert play.signal("dividends")[0] > 0.4
        assert sum(play.signal("dividends")) == pytest.approx(1)


REFUSED = {
    "itself": (lambda play: lend(play, 1, 1, "0.1"), "the same key"),
    "its own parent": (lambda play: lend(play, 3, 0, "0.1"), "parent's parent"),
    "more than all": (lambda play: lend(play, 0, 1, "0.51"), "more than all"),
    "too large a take": (lambda play: play.event("children", "set_take", {"child": 1}, share="0.19"), "more than a child may take"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_child_keys_must_not_do_is_refused(what):
    act, said = REFUSED[what]
    for play in both(example("childkeys")):
        play.steps(1)
        before = play.world
        with pytest.raises(RunError, match=said):
            act(play)
        assert play.world is before


def test_no_more_children_than_the_limit_and_taking_back_makes_room():
    for play in both(example("childkeys", **{"children.children": 2})):
        play.steps(1)
        lend(play, 0, 1, "0.1")
        with pytest.raises(RunError, match="too many children"):
            lend(play, 0, 2, "0.1")
        lend(play, 0, 1, 0)
        lend(play, 0, 2, "0.5")


@pytest.mark.parametrize(
    "wrong", ["[{ parent = 0, child = 0, share = 0.1 }]", "[{ parent = 0, child = 1, share = 0.6 }, { parent = 0, child = 2, share = 0.6 }]"]
)
def test_loans_of_a_spec_keep_the_same_rules(wrong):
    text = (EXAMPLES / "childkeys.toml").read_text("utf-8").replace("[{ parent = 0, child = 3, share = 0.5 }]", wrong)
    with pytest.raises(SpecError, match="MT202"):
        mt.loads(text)


# --- root ---------------------------------------------------------------------------------------------------------


def roots():
    """Two owners with TAO; nothing but root's own step runs, and claims are what a test puts there."""
    text = (EXAMPLES / "root_staking.toml").read_text("utf-8")
    text = text.replace('members = "holders", opening', 'members = "holders", holders = 2, opening')
    text = text.replace('members = "open", opening = { TAO = 200_000 }', 'members = "open", holders = 2, opening = { TAO = 200_000 }')
    for play in both(mt.loads(text).economy()):
        play.bound.stepping = [c for c in play.bound.stepping if c.name == "roots"]
        yield play


def earn(play, *alpha):
    play.world.balances[CLAIMS] = play.world.balances[CLAIMS] + play.column(list(alpha))
    play.steps(1)


def test_swapping_stakers_own_what_their_claims_fetched():
    for play in roots():
        play.event("roots", "stake", {"staker": 0}, amount=800_000 // 8)
        pool = play[ROOT][0]
        earn(play, 1000, 0, 0, 500)
        got = play[ROOT][0] - pool
        kept = 1500 * 100_000 / (pool + 100_000)
        assert play[KEPT] == pytest.approx([kept * 2 / 3, 0, 0, kept / 3])
        assert got == pytest.approx(sum(10_000 * a / (300_000 + a) for a in (1000 - kept * 2 / 3, 500 - kept / 3)))
        assert play.signal("root_sold")[1:3] == [0, 0]
        shares = float(play.world.balances[Account("holders", "ROOT")][0, 0])
        before = play[MINE][0]
        play.event("roots", "unstake", {"staker": 0}, shares=shares)
        assert play[MINE][0] - before == pytest.approx(100_000 + got / 9)


def test_keepers_claim_what_accrued_while_they_kept_and_no_more():
    for play in roots():
        play.event("roots", "keep", {"staker": 0}, amount=50_000)  # 50,000 each were there from the start
        earn(play, 900, 0, 0, 0)
        first = play[KEPT][0]
        play.event("roots", "keep", {"staker": 1}, amount=100_000)
        earn(play, 0, 800, 0, 0)
        second = play[KEPT][1]
        assert first == pytest.approx(900 * 150_000 / play_total(play, 150_000), rel=1e-3)
        for owner, subnet, part in ((0, 0, first * 2 / 3), (1, 0, first / 3), (0, 1, second * 2 / 5), (1, 1, second * 3 / 5)):
            held = float(play.world.balances[SHARES][subnet, owner, 0])
            play.event("roots", "claim", {"staker": owner, "subnet": subnet})
            assert float(play.world.balances[SHARES][subnet, owner, 0]) - held == pytest.approx(part)
            play.event("roots", "claim", {"staker": owner, "subnet": subnet})
            assert float(play.world.balances[SHARES][subnet, owner, 0]) - held == pytest.approx(part)
        assert play[KEPT] == pytest.approx([0] * 4, abs=1e-6)


def play_total(play, keepers):
    return keepers + 800_000


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["keep", "leave", "claim", "earn"]), st.integers(0, 1), st.integers(1, 40_000)), min_size=4, max_size=25))
def test_however_they_come_and_go_keepers_are_owed_what_a_ledger_of_every_epoch_says(acts):
    for play in roots():
        stake, owed = [50_000.0, 50_000.0], np.zeros((4, 2))
        for act, who, amount in acts:
            if act == "earn":
                before = play[KEPT]
                earn(play, amount / 100, 0, amount / 50, 0)
                if sum(stake):
                    owed += np.outer(np.subtract(play[KEPT], before), stake) / sum(stake)
            elif act == "claim":
                subnet = 2 * (amount % 2)
                held = float(play.world.balances[SHARES][subnet, who, 0])
                play.event("roots", "claim", {"staker": who, "subnet": subnet})
                assert float(play.world.balances[SHARES][subnet, who, 0]) - held == pytest.approx(owed[subnet, who], abs=1e-5)
                owed[subnet, who] = 0
            elif act == "keep" or amount <= stake[who]:
                play.event("roots", act, {"staker": who}, amount=amount)
                stake[who] += amount if act == "keep" else -amount
        assert play[KEPT] == pytest.approx(owed.sum(axis=1).tolist(), abs=1e-4)


def test_claims_of_a_subnet_that_stops_are_forgotten():
    text = (EXAMPLES / "root_staking.toml").read_text("utf-8").replace('name = "roots"', 'name = "roots"\nrunning = "running"')
    text = text.replace("[signals]", '[signals]\nrunning = { unit = "1", per = "pools", start = 1 }')
    for play in both(mt.loads(text).economy()):
        play.bound.stepping = [c for c in play.bound.stepping if c.name == "roots"]
        earn(play, 900, 900, 0, 0)
        play.world.signals["running"] = play.column([0, 1, 1, 1])
        play.steps(1)
        play.event("roots", "claim", {"staker": 0, "subnet": 0})
        play.event("roots", "claim", {"staker": 0, "subnet": 1})
        shares = play.world.balances[SHARES][:, 0, 0]
        assert float(shares[0]) == 0
        assert float(shares[1]) > 0
