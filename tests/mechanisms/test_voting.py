"""Liquid democracy decides as ICP's rules say, with people and with a simulated electorate; what it adopts is carried out once, within bounds."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account, Kind
from mintage.errors import RunError
from mintage.live.entries import Change, Entry, Epoch, Event, Genesis, Proposal
from mintage.live.network import Network
from mintage.mechanisms import find
from mintage.mechanisms.governance import Governance

from .assembly import BURNED, DEPOSITS, FREE, LIQUID, STAKED, TREASURY, assembly
from .network import D, use
from .village import Play, both

EMPTY, OPEN, WAITING, ADOPTED, REJECTED = range(5)


def votes(*others, owners=4, signals=None, opening=None, **params):
    return assembly(use("votes", "liquid_democracy", **params), *others, owners=owners, signals=signals, opening=opening)


def propose(play, slot=0, by=1, deposit=20, ask=0):
    play.event("votes", "propose", {"proposer": by, "proposal": slot}, deposit=deposit, ask=ask)
    return play


def vote(play, voter, support, slot=0):
    play.event("votes", "vote", {"voter": voter, "proposal": slot}, support=support)
    return play


def follow(play, voter, followee):
    play.event("votes", "follow", {"voter": voter, "followee": followee})
    return play


def status(play, slot=0):
    return int(play.signal("proposal_status")[slot])


def course(play, steps, slot=0):
    return [status(play.steps(1), slot) for _ in range(steps)]


def ballots(play, slot=0):
    memory = play.world.memory["votes"]
    return [float(y - n) for y, n in zip(memory["yes"][slot, :, 0], memory["no"][slot, :, 0], strict=True)]


# --- deciding -----------------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    power=st.lists(st.integers(0, 9), min_size=4, max_size=4),
    said=st.lists(st.sampled_from([None, 0, 1]), min_size=4, max_size=4),
    quorum=st.sampled_from(["0", "0.03", "0.5"]),
    of=st.sampled_from(["yes", "cast"]),
    forfeit=st.sampled_from(["never", "unheard", "rejected"]),
)
def test_it_decides_as_the_rule_says(power, said, quorum, of, forfeit):
    yes, no = (sum(w for w, s in zip(power, said, strict=True) if s == side) for side in (1, 0))
    total, early = sum(power), False
    heard = (yes if of == "yes" else yes + no) >= float(quorum) * total - 1e-9
    if 2 * yes > total or (2 * no >= total and no):
        early, good = True, 2 * yes > total
    else:
        good = yes > no and heard
    for play in both(votes(power="power", quorum=quorum, quorum_of=of, forfeit=forfeit, signals={"power": power})):
        propose(play)
        for voter, s in enumerate(said):
            if s is not None and power[voter]:
                vote(play, voter, s)
        quick = early and (yes or no)
        end = float(play.world.memory["votes"]["ends"][0, 0])
        assert end == 4  # all that turned the lead did so at once
        assert course(play, 6) == ([ADOPTED if good else REJECTED] + [EMPTY] * 5 if quick else [OPEN] * 4 + [ADOPTED if good else REJECTED, EMPTY])
        burns = {"never": False, "unheard": not good and not heard, "rejected": not good}[forfeit]
        assert play[BURNED] == [20 if burns else 0]
        assert play[LIQUID] == [1000, 980 if burns else 1000, 1000, 1000]
        assert play[DEPOSITS] == [0] * 3


def test_three_in_a_hundred_of_all_power_suffice_when_nobody_objects_and_less_do_not():
    """ICP: a simple majority at the end, with yes of 3 % of all power or more."""
    for small, found in ((30, ADOPTED), (29, REJECTED)):
        for play in both(votes(power="power", signals={"power": [small, 1000 - small, 0, 0]})):
            assert course(vote(propose(play), 0, 1), 5)[-1] == found


def test_half_of_all_power_decides_at_once_and_half_against_rejects_at_once():
    for weights, support, found in (([51, 49, 0, 0], 1, ADOPTED), ([50, 50, 0, 0], 1, OPEN), ([50, 50, 0, 0], 0, REJECTED), ([49, 51, 0, 0], 0, OPEN)):
        for play in both(votes(power="power", signals={"power": weights})):
            assert course(vote(propose(play), 0, support), 1) == [found]


def test_each_turn_of_the_lead_asks_for_quiet_and_eight_days_are_the_most():
    """ICP: 4 days, up to 8 with wait-for-quiet: end' = max(end, t + 2 + (4 - elapsed) / 2)."""
    power = [1, 2, 4, 8, 16, 32, 64, 128, 4096]
    for play in both(votes(owners=9, power="power", quorum=0, signals={"power": power})):
        propose(play)
        ends, turns = 4.0, 0
        for day in range(8):
            vote(play, day, 1 - day % 2)  # each outvotes all before it
            turns += 1
            ends = max(ends, day + 2 + (4 - day) / 2)
            assert float(play.world.memory["votes"]["ends"][0, 0]) == ends
            play.steps(1)
            assert status(play) == OPEN
        assert ends == 7.5
        assert course(play, 1) == [REJECTED]  # day 8: the last turn was against it
        assert turns == 8


def test_a_vote_that_does_not_turn_the_lead_prolongs_nothing():
    for play in both(votes(power="power", signals={"power": [3, 2, 1, 90]})):
        vote(propose(play), 0, 1)
        play.steps(3)
        vote(vote(play, 1, 0), 2, 1)
        assert float(play.world.memory["votes"]["ends"][0, 0]) == 4


def test_power_counts_as_the_proposal_opened():
    """Neither a stake that moves nor one that is bought for the vote weighs anew."""
    for play in both(votes(power="power", signals={"power": [1, 1, 1, 0]})):
        propose(play)
        play.world.signals["power"] = play.column([0, 0, 0, 900])
        with pytest.raises(RunError, match="no power as it opened"):
            vote(play, 3, 0)
        assert course(vote(vote(play, 0, 1), 1, 1), 1) == [ADOPTED]


def test_with_a_timelock_it_waits_and_a_veto_by_event_or_by_signal_ends_it():
    told = {"timelock": 2, "forfeit": "rejected", "vetoes": "vetoes"}
    for play in both(votes(**told)):
        vote(vote(vote(propose(play), 0, 1), 1, 1), 2, 1)
        assert course(play, 4) == [WAITING, WAITING, ADOPTED, EMPTY]
        vote(vote(vote(propose(play), 0, 1), 1, 1), 2, 1)
        assert course(play, 1) == [WAITING]
        play.event("votes", "veto", {"proposal": 0})
        assert course(play, 2) == [REJECTED, EMPTY]
        vote(vote(vote(propose(play), 0, 1), 1, 1), 2, 1)
        play.steps(1)
        play.world.signals["vetoes"] = play.column([1, 0, 0])
        assert course(play, 2) == [REJECTED, EMPTY]
        assert play[LIQUID] == [1000] * 4, "the deposit of what was vetoed returns"


REFUSED = {
    "a slot in use": (lambda play: propose(play, by=2), "another proposal"),
    "too small a deposit": (lambda play: propose(play, 1, deposit="9.99"), "below the minimum"),
    "a second vote": (lambda play: vote(play, 0, 0), "has voted"),
    "a vote on nothing": (lambda play: vote(play, 1, 1, slot=2), "not open"),
    "more support than all": (lambda play: vote(play, 1, "1.5"), "more than all"),
    "following oneself": (lambda play: follow(play, 2, 2), "one's own"),
    "following one twice": (lambda play: follow(play, 3, 0), "already"),
    "following too many": (lambda play: follow(play, 3, 2), "as many as it may"),
    "a veto of what has not passed": (lambda play: play.event("votes", "veto", {"proposal": 0}), "does not wait"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_rule_does_not_allow_is_refused_and_changes_nothing(what):
    act, said = REFUSED[what]
    for play in both(votes(followees=2)):
        follow(follow(vote(propose(play), 0, 1), 3, 0), 3, 1)
        before = play.world
        with pytest.raises(RunError, match=said):
            act(play)
        assert play.world is before


def test_only_those_bound_long_enough_propose():
    for play in both(votes(senior="senior", signals={"senior": [0, 1, 0, 0]})):
        with pytest.raises(RunError, match="may vote, not propose"):
            propose(play, by=0)
        propose(play, by=1)


def test_more_than_32_slots_are_a_fault():
    e = votes()
    e.kinds["proposals"] = Kind("proposals", ("TOK",), 33)
    assert any("at most 32" in f.expected for f in e.check())


# --- following ----------------------------------------------------------------------------------------------------------


def test_a_follower_votes_with_its_followee_along_a_chain_and_its_own_vote_stands():
    for play in both(votes(signals={"power": 1}, power="power")):
        for voter in (1, 2, 3):
            follow(play, voter, voter - 1)
        vote(propose(play), 2, 0)
        assert ballots(play) == [0, 0, -1, -1]
        vote(play, 0, 1)
        assert ballots(play) == [1, 1, -1, -1]


def test_a_chain_ends_where_it_is_said_to():
    play = Play(votes(owners=6, chain=2))
    for voter in range(1, 6):
        follow(play, voter, voter - 1)
    assert ballots(vote(propose(play), 0, 1)) == [1, 1, 1, 0, 0, 0]


@settings(max_examples=25, deadline=None)
@given(said=st.lists(st.sampled_from([None, 0, 1]), min_size=5, max_size=5), order=st.permutations(range(5)), followed=st.integers(1, 5))
def test_more_than_half_of_the_followees_vote_yes_and_half_of_them_no(said, order, followed):
    for play in both(votes(owners=6, followees=5, power="power", signals={"power": [1, 1, 1, 1, 1, 1000]}, quorum=0)):
        for followee in range(followed):
            follow(play, 5, followee)
        propose(play)
        expected = None
        for voter in order:
            if said[voter] is not None:
                vote(play, voter, said[voter])
            heard = [said[v] for v in order[: order.index(voter) + 1] if v < followed]
            if expected is None:
                ayes, nays = heard.count(1), heard.count(0)
                expected = 1 if 2 * ayes > followed else -1 if 2 * nays >= followed else None
            assert ballots(play)[5] == (expected or 0)


def test_who_unfollows_is_silent_again_and_may_follow_another():
    for play in both(votes(followees=1)):
        follow(play, 3, 0)
        play.event("votes", "unfollow", {"voter": 3})
        vote(propose(play), 0, 1)
        assert ballots(play) == [1, 0, 0, 0]
        follow(play, 3, 1)


def test_fifteen_followees_are_possible_and_each_owner_keeps_its_own():
    """ICP: at most 15 followees a topic."""
    play = Play(votes(owners=17, followees=15))
    for followee in range(15):
        follow(play, 16, followee)
    follow(play, 15, 0)
    propose(play)
    for followee in range(8):
        assert ballots(play)[16] == 0
        vote(play, followee, 1)
    assert ballots(play)[15:] == [1, 1]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["propose", "vote", "follow", "unfollow", "step"]), st.integers(0, 3), st.integers(0, 3), st.integers(0, 1)),
        min_size=5,
        max_size=50,
    )
)
def test_nobody_votes_twice_and_no_deposit_is_lost_however_slots_are_used_again(acts):
    floats, decimals = both(votes(forfeit="never"))
    for act, who, other, support in acts:
        refused = []
        for play in (floats, decimals):
            try:
                if act == "step":
                    play.steps(1)
                elif act == "propose":
                    propose(play, other % 3, who)
                elif act == "vote":
                    vote(play, who, support, other % 3)
                elif act == "follow":
                    follow(play, who, other)
                else:
                    play.event("votes", "unfollow", {"voter": who})
                refused.append("")
            except RunError as error:
                refused.append(error.faults[0].found)
        assert refused[0] == refused[1]
        for slot in range(3):
            assert ballots(floats, slot) == ballots(decimals, slot)
            assert max(map(abs, ballots(floats, slot))) <= 1
    for play in (floats, decimals):
        assert play.steps(12)[LIQUID] == [1000] * 4


# --- an electorate, rewards, and what is adopted ----------------------------------------------------------------------

SIMULATED = {"motion": "motion", "ask": "ask", "turnout": "turnout", "support": "support"}


def test_an_electorate_is_counted_by_the_same_rules():
    """A tenth of the silent power votes in each call, also in that which opens the motion: 1 - 0.9^5 of it in all."""
    told = {"motion": 1, "ask": 7, "turnout": D("0.1"), "support": D("0.6"), "power": [1, 2, 3, 4]}
    for play in both(votes(power="power", ballots="voted", **SIMULATED, signals=told)):
        play.steps(1)
        play.world.signals["motion"] = play.column([0])
        assert [status(play, i) for i in range(3)] == [OPEN, EMPTY, EMPTY]
        assert play.signal("proposal_asks") == [7, 0, 0]
        assert course(play, 4) == [OPEN, OPEN, OPEN, ADOPTED]
        assert play.signal("voted") == pytest.approx([1 - 0.9**5] * 4)
        assert play[LIQUID] == [1000] * 4


def test_motions_take_free_slots_in_order_and_wait_when_there_is_none():
    play = Play(votes(**SIMULATED, period=10, signals={"motion": 1}))
    seen = [play.steps(1).signal("proposal_status") for _ in range(5)]
    assert seen == [[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert float(play.world.memory["votes"]["count"][0, 0]) == 3


@pytest.mark.parametrize("missing", list(SIMULATED))
def test_an_electorate_is_named_whole_or_not_at_all(missing):
    e = votes(**{k: v for k, v in SIMULATED.items() if k != missing})
    assert ("MT202", "votes.motion") in [(f.code, f.where) for f in e.check()]


@settings(max_examples=10, deadline=None)
@given(rate=st.sampled_from([0, 0.1, 1, 5]), turnout=st.sampled_from([0, 0.3, 1]), wobble=st.sampled_from([0, 1]), spread=st.sampled_from([0, 1]))
def test_an_electorate_draws_shares_and_at_most_one_motion_a_call(rate, turnout, wobble, spread):
    groups = ({"turnout": D(str(turnout)), "support": D("0.5"), "spread": spread},)
    e = assembly(use("people", "electorate", rate=D(str(rate)), low=3, high=8, wobble=wobble, groups=groups))
    names = ("motion", "ask", "turnout[0]", "turnout[3]", "support[1]")
    run = mt.simulate(e, 200, 20, save=mt.Save(every=1, vars=names, paths=True))
    kept = {n: np.asarray(run[n])[1:] for n in names}
    assert set(np.unique(kept["motion"])) <= {0, 1}
    assert kept["motion"].mean() == pytest.approx(min(rate, 1), abs=0.03)
    assert kept["ask"].min() >= 3
    assert kept["ask"].max() <= 8
    for name in names[2:]:
        assert kept[name].min() >= 0
        assert kept[name].max() <= 1
    assert kept["turnout[0]"].mean() == pytest.approx(turnout, abs=0.05 if turnout < 1 else 0.3)
    assert kept["support[1]"].std() == pytest.approx(0 if not spread else 0.2, abs=0.25)


def test_apathy_halves_turnout_in_its_time():
    e = assembly(use("people", "electorate", fading=30, wobble=0, groups=({"turnout": D("0.4")},)))
    assert Play(e).economy.check() == []
    run = mt.simulate(e, 1, 60, save=mt.Save(every=30, vars=("turnout[0]",), paths=True))
    assert np.asarray(run["turnout[0]"])[1:, 0] == pytest.approx([0.2, 0.1])


def test_who_votes_is_rewarded_when_the_vote_closes():
    """Rewards roll over while a vote runs; then each has its share for having voted, and the silent have none."""
    reward = use("rewards", "voting_rewards", voted=("voted",))
    for play in both(votes(reward, power="power", ballots="voted", forfeit="never", signals={"power": 1000})):
        vote(vote(propose(play), 0, 1), 1, 0).steps(4)
        assert play[FREE] == [0] * 4
        play.steps(1)
        assert play[FREE][0] == play[FREE][1] > 0
        assert play[FREE][2:] == [0, 0]
        pool = sum(8000 * (0.05 + 0.05 * ((2922 - t) / 2922) ** 2) / 365.25 for t in range(5))
        assert play[FREE][0] == pytest.approx(pool / 4)


@settings(max_examples=20, deadline=None)
@given(asks=st.lists(st.integers(0, 900), min_size=1, max_size=6), most=st.sampled_from(["0.05", "0.5", "1"]), every=st.sampled_from([1, 2]))
def test_a_grant_pays_its_proposer_once_and_never_more_than_its_part_of_the_treasury(asks, most, every):
    grants = use("grants", "treasury_grant", most=most, proposers="proposers")
    e = assembly(use("votes", "liquid_democracy", every, every - 1, proposers="proposers", period=1), grants, opening={TREASURY: 1000})
    for play in both(e):
        left, got = 1000.0, [1000.0] * 4
        for i, ask in enumerate(asks):
            by = i % 4
            propose(play, i % 3, by, ask=ask)
            for voter in range(3):
                vote(play, voter, 1, i % 3)
            play.steps(2 * every)
            paid = min(ask, float(most) * left)
            left, got[by] = left - paid, got[by] + paid
        assert play[TREASURY] == [pytest.approx(left)]
        assert play[LIQUID] == pytest.approx(got)
        assert play.total("TOK") == pytest.approx(0, abs=1e-6)


def test_a_motion_of_nobody_in_particular_pays_all_in_equal_parts_and_several_at_once_share_what_is_left():
    told = {"proposal_status": [3, 0, 3], "proposal_asks": [100, 7, 900], "proposers": [-1, 2, 1]}
    e = assembly(use("grants", "treasury_grant", most=D("0.5"), proposers="proposers"), opening={TREASURY: 1000}, signals=told)
    for play in both(e):
        play.steps(1)
        assert play[LIQUID] == pytest.approx([1025, 1025 + 450, 1025, 1025])
        play.steps(3)
        assert play[TREASURY] == [450], "what is adopted is paid once"


def test_two_proposals_that_follow_each_other_in_a_slot_are_both_paid():
    """The second could be adopted at the call after the first was, whose slot would then look as if nothing had happened in it."""
    for play in both(votes(use("grants", "treasury_grant", most=1), opening={TREASURY: 1000})):
        for left in (900, 800):
            for voter in range(3):
                vote(propose(play, ask=100) if not voter else play, voter, 1)
            assert status(play.steps(1)) == ADOPTED
            assert play[TREASURY] == [left]
            with pytest.raises(RunError, match="ended at the last call"):
                propose(play, ask=100)
            play.steps(1)


def test_motions_that_are_adopted_as_they_are_brought_are_each_paid():
    people = {"motion": 1, "ask": 10, "turnout": [1] * 4, "support": [1] * 4}
    told = {"motion": "motion", "ask": "ask", "turnout": "turnout", "support": "support"}
    for play in both(votes(use("grants", "treasury_grant", most=1), signals=people, opening={TREASURY: 1000}, **told)):
        assert [status(play.steps(1), i % 2) for i in range(4)] == [ADOPTED] * 4
        assert play[TREASURY] == [960]


def test_a_treasury_has_one_holder_who_pays_once():
    e = assembly(use("grants", "treasury_grant", treasury="holders/TOK", recipients="market/TOK"), signals={"proposal_status": [3, 0, 0], "proposal_asks": 100})
    assert "MT202" in {f.code for f in e.check()}


def test_nothing_passes_without_its_quorum_also_not_before_the_end():
    for heard, rest in (("cast", 1), ("yes", 2)):
        for play in both(votes(threshold="0.2", quorum="0.6", quorum_of=heard, period=9)):
            vote(propose(play), 0, 1)
            vote(play, 1, 1)
            assert status(play.steps(1)) == OPEN
            vote(play, 2, 0 if rest == 1 else 1)
            assert status(play.steps(1)) == ADOPTED


def test_without_a_vote_nothing_is_paid_and_nothing_moves():
    e = assembly(use("grants", "treasury_grant"), opening={TREASURY: 1000}, signals={"proposal_status": [1, 2, 4], "proposal_asks": 5})
    assert Play(e).steps(5)[TREASURY] == [1000]


VALUED = """
[network]
name = "valued"
token = "TOK"
step = "1 day"
horizon = "60 days"
start = 2025-01-01
[assets.TOK]
decimals = 6
[assets.USD]
form = "fiat"
[accounts.holders]
holds = ["TOK"]
members = "open"
holders = 3
opening = { TOK = 3000 }
[accounts.staked]
holds = ["TOK"]
members = "holders"
holders = 3
opening = { TOK = 3000 }
[accounts.proposals]
holds = ["TOK"]
holders = 2
[accounts.pool]
holds = ["TOK"]
[signals]
fee = { unit = "1", start = 0.5 }
proposal_status = { unit = "1", per = "proposals", start = 0 }
proposal_asks = { unit = "1", per = "proposals", start = 0 }
[[mechanism]]
use = "liquid_democracy"
name = "votes"
period = 2
[[mechanism]]
use = "governed_value"
name = "fee"
value = "fee"
low = 0.2
high = 0.8
stride = 0.25
[[mechanism]]
use = "emission_schedule"
name = "emission"
recipients = [{ to = "pool/TOK", share = 1 }]
budgets = [{ day = 0, value = 365 }]
tail = 365
"""


class Village:
    """A live network without a ledger."""

    def __init__(self):
        self.network, self.ids = Network(Genesis(id="genesis", text=VALUED, file="valued.toml")), count()
        self.do(Genesis(id="genesis", text=VALUED, file="valued.toml"))

    def do(self, entry: Entry):
        return self.network.commit(self.network.prepare(entry))

    def event(self, call, event, roles, **arguments):
        return self.do(Event(id=f"e{next(self.ids)}", call=call, event=event, roles=roles, arguments=arguments))

    def epoch(self):
        n = self.network
        self.do(Epoch(id=f"epoch:{n.step}", step=n.step, signals=n.measured()))
        return n.adopted()

    def decide(self, ask, slot="@0"):
        self.event("votes", "propose", {"proposer": "@1", "proposal": slot}, deposit="10", ask=ask)
        for voter in ("@0", "@1"):
            self.event("votes", "vote", {"voter": voter, "proposal": slot}, support="1")

    @property
    def fee(self):
        return self.network.world.signals["fee"][0, 0]


def test_live_an_adopted_proposal_moves_a_value_within_its_bounds_and_once():
    town = Village()
    for ask, fee in (("0.6", "0.6"), ("0", "0.35"), ("0", "0.2"), ("9", "0.45"), ("9", "0.7"), ("9", "0.8")):
        town.decide(ask)
        town.epoch()
        assert town.fee == D(fee)
        town.epoch()
        assert town.fee == D(fee), "once"


def test_live_an_adopted_proposal_changes_any_parameter_as_with_plain_governance():
    assert issubclass(find("liquid_democracy"), Governance)
    town = Village()
    town.decide("0.5")
    with pytest.raises(RunError, match="MT823"):
        town.do(Proposal(id="q", by="@0", call="votes", slot=0, values={}))
    town.do(Proposal(id="p", by="@1", call="votes", slot=0, values={"emission.base": "0.25"}, text="a quarter"))
    adopted = town.epoch()
    assert [(c.values, c.by) for c in adopted] == [({"emission.base": "0.25"}, "governance")]
    town.do(adopted[0])
    before = town.network.world.balances[Account("pool", "TOK")][0, 0]
    town.epoch()
    assert town.network.world.balances[Account("pool", "TOK")][0, 0] - before == D("0.25")
    assert isinstance(adopted[0], Change)


# --- weights ------------------------------------------------------------------------------------------------------------


def test_weight_by_stake_by_age_by_delay_and_by_its_root():
    weigh = {
        "stake": {"age_bonus": 0},
        "age": {"age_bonus": D("0.25"), "age_full": 10},
        "delay": {"age_bonus": 0, "delay": "delays", "delay_bonus": ({"value": 1},), "delay_full": ({"value": 730},)},
        "root": {"age_bonus": 0, "shape": "square_root", "one": 10},
    }
    found = {name: Play(assembly(use("w", "vote_weights", power="power", **told))).steps(20).signal("power")[0] for name, told in weigh.items()}
    assert found == pytest.approx({"stake": 1000, "age": 1250, "delay": 1500, "root": 100})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["stake", "unstake", "wait"]), st.integers(1, 400)), max_size=15))
def test_the_age_of_a_stake_is_the_mean_age_of_its_tokens(acts):
    told = {"age_bonus": 1, "age_full": 10**6}
    e = assembly(use("stakes", "staking", unbonding="maturing/TOK", slots=2), use("w", "vote_weights", **told), opening={STAKED: 0, LIQUID: 4000})
    play = Play(e)
    stake, age = 0.0, 0.0
    for act, x in acts:
        if act == "stake" and x <= play[LIQUID][0]:
            play.event("stakes", "stake", {"staker": 0}, amount=x)
            age, stake = age * stake / (stake + x), stake + x
        elif act == "unstake" and x <= stake:
            play.event("stakes", "unstake", {"staker": 0}, amount=x)
            stake -= x
        play.steps(1)
        age += 1
        assert play.signal("power")[0] == pytest.approx(stake * (1 + age / 10**6))


def test_plain_governance_weighs_votes_as_it_is_told_too():
    """Three owners against one that has more than they have together: by stake it decides, by the root of stake they do."""
    for power, found in (("", 4), ("power", 3)):
        told = {"minimum": 10, "period": 1, "timelock": 0, "quorum": 0, "power": power}
        weigh = use("w", "vote_weights", shape="square_root", age_bonus=0)
        e = assembly(use("n", "neurons", power="potential"), weigh, use("votes", "governance", **told), opening={STAKED: 0, LIQUID: 40_000})
        for play in both(e):
            for owner, stake in enumerate((9000, 3000, 3000, 2000)):
                play.event("n", "stake", {"owner": owner}, amount=stake)
            play.steps(1)
            play.event("votes", "propose", {"proposer": 1, "proposal": 0}, deposit=20)
            vote(play, 0, 0)
            for voter in (1, 2, 3):
                vote(play, voter, 1)
            assert play.steps(2).signal("proposal_status")[0] == found


@pytest.mark.parametrize(("field", "value"), [("delay_full", 0), ("delay_exponent", 0), ("delay_bonus", -1)])
def test_a_schedule_that_cannot_weigh_is_a_fault(field, value):
    e = assembly(use("w", "vote_weights", **{field: ({"value": value},)}))
    assert ("MT202", f"w.{field}") in [(f.code, f.where) for f in e.check()]
