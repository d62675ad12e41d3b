"""Trust: good work raises a reputation and bad work lowers it, a new identity gains nothing, and false claims stop where the slash reaches the bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find
from mintage.save import Save
from mintage.simulate import simulate

from .network import D, use
from .village import both

STAKED, TREASURY, BURNED = Account("staked", "TOK"), Account("treasury", "TOK"), Account("burned", "TOK")


def place(*uses, rows=2, stake=1000, **starts):
    """Providers with `stake` each; signals by name, of each row what they are given."""
    kinds = {"staked": Kind("staked", ("TOK",), rows, role="staked", members="open"), "treasury": Kind("treasury", ("TOK",), role="treasury")}
    units = {"work": "job/day", "loss": "TOK"}
    names = ("work", "quality", "reputation", "whitewash", "rented", "challenged", "failed", "loss", "false_share", "false_answers")
    signals = {
        n: SignalDecl(n, units.get(n, "1"), tuple(map(D, starts[n])) if n in starts else D(0), per="staked") for n in names
    } | {"bound": SignalDecl("bound", "TOK", D(0))}  # fmt: skip
    return Economy("place", {"TOK": Asset("TOK", 6)}, kinds, signals, uses, D(1), opening={STAKED: D(stake * rows)})


# --- reputation -----------------------------------------------------------------------------------------------------


def known(**params):
    return place(use("trust", "reputation", providers="staked/TOK", **{"whitewash": "whitewash", "b": 10, "floor": "0.1", **params}))


def weights(play):
    return play.signal("reputation")


def test_the_weight_is_the_mean_of_the_beta_distribution_above_the_floor():
    for play in both(known(a=5)):
        play.event("trust", "report", {"provider": [0, 1]}, done=[85, 0], failed=[0, 35])
        assert weights(play.steps(1)) == pytest.approx([0.1 + 0.9 * 90 / 100, 0.1 + 0.9 * 5 / 50])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 50), st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=12))
def test_good_work_raises_bad_work_lowers_and_nobody_is_below_a_newcomer(reports):
    for play in both(known()):
        play.steps(1)
        newcomer = weights(play)[0]
        assert newcomer == pytest.approx(0.1)
        for who, done, failed, days in reports:
            base = both_ways(play, who)
            play.event("trust", "report", {"provider": who}, done=done, failed=failed)
            after = both_ways(play, who)
            share = done / (done + failed) if done + failed else None
            if share is not None and share * 0.9 + 0.1 >= base:
                assert after >= base - 1e-12
            elif share == 0:
                assert after <= base + 1e-12
            play.steps(days)
            assert all(0.1 - 1e-12 <= w <= 1 for w in weights(play))
            assert play.signal("whitewash") == pytest.approx([0.1 - w for w in weights(play)])
            assert all(gain <= 1e-12 for gain in play.signal("whitewash"))


def both_ways(play, who):
    """The weight that what is known now makes, without letting time pass."""
    world, t = play.world.copy(), play.t
    value = weights(play.steps(1))[who]
    play.world, play.t = world, t
    return value


def test_a_new_identity_pays_where_newcomers_are_trusted_and_never_where_they_are_not():
    """A cheat earns 100 a unit of weight. Under an even prior a fresh name is worth 43, so names at 20 are bought and thrown away; under the lowest start
    no price is low enough."""
    for prior, worth in (("10", 43), ("0", -2)):
        for play in both(known(a=D(prior))):
            play.event("trust", "report", {"provider": 0}, done=2, failed=118)
            gain = 100 * play.steps(1).signal("whitewash")[0]
            assert gain == pytest.approx(0.9 * 100 * (float(prior) / (float(prior) + 10) - (float(prior) + 2) / (float(prior) + 130)))
            assert (gain > 20) == (worth > 20)


def test_after_its_half_life_work_counts_half():
    for play in both(known(half_life=3)):
        play.event("trust", "report", {"provider": 0}, done=80, failed=0)
        seen = [weights(play.steps(1))[0] for _ in range(7)]
        assert seen[0] == pytest.approx(0.1 + 0.9 * 80 / 90)
        assert seen[3] == pytest.approx(0.1 + 0.9 * 40 / 50)
        assert seen[6] == pytest.approx(0.1 + 0.9 * 20 / 30)
        assert weights(play.steps(400))[0] == pytest.approx(0.1)


def test_measured_work_its_quality_and_failed_challenges_count():
    rule = use("trust", "reputation", 2, 1, providers="staked/TOK", work="work", quality="quality", failures="failed", b=10, penalty=50, half_life=10**6)
    for play in both(place(rule, work=(10, 10), quality=("0.9", "1"), failed=(0, 1))):
        assert weights(play.steps(2)) == pytest.approx([0.1 + 0.9 * 18 / 30, 0.1 + 0.9 * 20 / 80])


# --- challenges -----------------------------------------------------------------------------------------------------


def asked(rows=2, stake=1000, every=1, starts=None, **params):
    told = {"rate": 100, "failed": "failed", "loss": "loss", **params}  # so often that each call asks
    return place(use("check", "hardware_challenge", every, every - 1, **told), rows=rows, stake=stake, **(starts or {}))


class Certain:
    """Luck that is always the same."""

    def __init__(self, play, value):
        self.play, self.value = play, value

    def take(self, call):
        return {"luck": self.play.xp.full((2, 1), self.play.xp.num(self.value))}


def steps(play, number, luck="0"):
    from mintage.arithmetic_exact import exact

    with exact():
        for _ in range(number):
            play.bound.step(play.world, play.t, Certain(play, luck), play.book)
            play.t += 1
    return play


def test_challenges_come_at_their_rate_and_rented_hardware_is_asked_more_often():
    e = place(use("check", "hardware_challenge", rate="0.1", rate_rented="0.3", rented="rented"), rented=(0, 1))
    run = simulate(e, 512, 60, 1, Save(every=1, vars=("challenged[0]", "challenged[1]"), paths=True))
    for row, rate in enumerate((0.1, 0.4)):
        share = 1 - np.exp(-rate)
        assert np.asarray(run[f"challenged[{row}]"])[1:].mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / (512 * 60)))


def test_an_operator_judges_answers_and_a_false_one_loses_its_slash_at_the_next_call():
    assert find("hardware_challenge").events["answer"].authority == "operator"
    for play in both(asked(slash=300)):
        with pytest.raises(RunError, match="no challenge waits"):
            play.event("check", "answer", {"provider": 0}, right=1)
        steps(play, 1)
        assert play.signal("challenged") == [1, 1]
        play.event("check", "answer", {"provider": [0, 1]}, right=[1, 0])
        with pytest.raises(RunError, match="no challenge waits"):
            play.event("check", "answer", {"provider": 0}, right=1)
        steps(play, 1, "0.9999999999")
        assert (play[STAKED], play[BURNED], play.signal("failed"), play.signal("challenged")) == ([1000, 700], [300], [0, 1], [0, 0])
        with pytest.raises(RunError, match="more than right"):
            play.event("check", "answer", {"provider": 0}, right=2)


def test_no_answer_in_time_is_a_false_one_and_nobody_loses_more_than_it_has():
    for play in both(asked(slash=700, deadline=2, slashed="treasury", treasury="treasury/TOK")):
        steps(play, 1)
        play.event("check", "answer", {"provider": 0}, right=1)
        for expected in ([0, 0], [0, 1]):
            steps(play, 1)
            assert play.signal("failed") == expected
        assert (play[STAKED], play[TREASURY]) == ([1000, 300], [700])
        steps(play, 6)
        assert play[STAKED][1] == 0
        assert play[STAKED][0] + play[STAKED][1] + play[TREASURY][0] == 2000


def test_without_a_deadline_silence_costs_nothing():
    for play in both(asked()):
        assert steps(play, 9)[STAKED] == [1000, 1000]


@pytest.mark.parametrize("wrong", [{"slashed": "treasury"}, {"treasury": "treasury/TOK"}])
def test_a_treasury_is_named_when_it_receives_and_only_then(wrong):
    assert ("MT202", "check.treasury") in [(f.code, f.where) for f in asked(**wrong).check()]


# --- deterrence -----------------------------------------------------------------------------------------------------


def tempted(slash, stake=10**6, share=("0.5", "0.5"), rate=100, **params):
    told = {"gain": 100, "detection": "0.05", "bound": "bound", **params}
    uses = (
        use("check", "hardware_challenge", rate=rate, slash=slash, false="false_answers", failed="failed", loss="loss"),
        use("claims", "false_claims", **told),
    )
    return place(*uses, stake=stake, false_share=share)


def ended(e, steps_, names, paths=64):
    run = simulate(e, paths, steps_, 1, Save(every=steps_, vars=names, paths=True))
    return {n: np.asarray(run[n])[-1] for n in names}


def test_a37_false_claims_stop_paying_at_a_slash_of_1900():
    """g = 100, p = 0.05: slash >= g (1 - p) / p."""
    for slash, end in (("1899", 0.6), ("1900", 0.5), ("1901", 0.4)):
        out = ended(tempted(slash), 10, ("bound", "false_share[0]"))
        assert out["bound"] == pytest.approx(np.full(64, 1900))
        assert out["false_share[0]"] == pytest.approx(np.full(64, end))


@settings(max_examples=15, deadline=None)
@given(gain=st.integers(1, 1000), detection=st.sampled_from(["0.05", "0.3", "0.9", "1"]), slash=st.integers(0, 3000))
def test_more_claim_falsely_below_the_bound_and_fewer_above_it(gain, detection, slash):
    bound = gain * (1 - float(detection)) / float(detection)
    end = ended(tempted(slash, gain=gain, detection=D(detection), speed="0.1"), 8, ("false_share[0]",), 2)["false_share[0]"][0]
    assert end == pytest.approx(0.5 if abs(slash - bound) < 1e-9 else 1 if slash < bound else 0)


def test_a_stake_below_the_slash_deters_no_more_than_it_is():
    assert ended(tempted(5000, stake=1000), 10, ("false_share[0]",), 2)["false_share[0]"] == pytest.approx([0.6] * 2)


def test_cheats_are_caught_as_often_as_a_check_sees_them_and_the_honest_pay_for_its_errors():
    """Per challenge: p slash for a false claim, fpr slash for a true one, whose price bounds the slash from above."""
    e = tempted(1, share=(1, 0), speed=0, detection="0.3", false_positive="0.04", gain=1)
    days, paths = 200, 128
    out = ended(e, days, ("staked/TOK[0]", "staked/TOK[1]"), paths)
    for row, rate in enumerate((0.3, 0.04)):
        lost = (10**6 - out[f"staked/TOK[{row}]"]).mean() / (days - 1)
        assert lost == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / (days * paths)))
