"""Only good answers and good data are paid: constant, random and colluding ones earn nothing, and a bounty that nobody earned goes back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.accounts import Account
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT
from mintage.check import only
from mintage.errors import RunError
from mintage.mechanisms.feedback import scoring
from mintage.save import Save
from mintage.simulate import simulate
from tests.laws.test_exhibits import FOLDER

from .village import Play

DAWID_SKENE = (  # patient: three readings of observer 1 | observers 2 to 5 (Dawid and Skene 1979)
    "1 111|1111; 2 333|4334; 3 112|2122; 4 222|3121; 5 222|3222; 6 222|3322; 7 122|2111; 8 333|3433; 9 222|2223; 10 232|2223; 11 444|4444; 12 222|3343; "
    "13 111|1111; 14 222|3212; 15 121|1111; 16 111|2111; 17 111|1111; 18 111|1111; 19 222|2221; 20 222|1322; 21 222|2222; 22 222|2221; 23 222|3222; "
    "24 221|2222; 25 111|1111; 26 111|1111; 27 232|2222; 28 111|1111; 29 111|1111; 30 112|1121; 31 111|1111; 32 333|3233; 33 111|1111; 34 222|2222; "
    "35 222|3232; 36 433|4343; 37 221|2232; 38 232|3233; 39 333|3432; 40 111|1111; 41 111|1111; 42 121|2111; 43 232|2222; 44 121|1111; 45 222|2222"
)
MOST_LIKELY = [
    "1",
    "4",
    "2",
    "2",
    "2",
    "2",
    "1",
    "3",
    "2",
    "2",
    "4",
    "3",
    "1",
    "2",
    "1",
    "1",
    "1",
    "1",
    "2",
    "2",
    "2",
    "2",
    "2",
    "2",
    "1",
    "1",
    "2",
    "1",
    "1",
    "1",
    "1",
    "3",
    "1",
    "2",
    "2",
    "4",
    "2",
    "3",
    "3",
    "1",
    "1",
    "1",
    "2",
    "1",
    "2",
]


def readings():
    for row in DAWID_SKENE.split("; "):
        patient, said = row.split(" ")
        one, others = said.split("|")
        yield patient, one, others


# --- scoring ------------------------------------------------------------------------------------------------------


def test_a34_dawid_and_skene_on_their_own_patients():
    answers = [(patient, "1", c) for patient, one, _ in readings() for c in one]
    answers += [(patient, str(i + 2), c) for patient, _, others in readings() for i, c in enumerate(others)]
    shares, errors = scoring.confusion_matrices(answers)
    assert [shares[c] for c in "1234"] == pytest.approx([0.400, 0.422, 0.112, 0.067], abs=2e-3)
    rows = [[errors["1"][true][said] for said in "1234"] for true in "1234"]
    assert np.array(rows) == pytest.approx(np.array([[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]), abs=6e-3)


def test_one_coin_em_finds_the_classes_that_dawid_and_skene_found_but_for_a_few_hard_patients():
    labels = np.array([[int(c) for c in (one + others)] for _, one, others in readings()], float)[:, :, None]
    accuracy, chance = scoring.one_coin(NUMPY, labels, 4, 0.6)
    found = np.argmax(np.stack(chance)[:, :, 0, 0], axis=0) + 1
    assert (found == np.array(MOST_LIKELY, float)).mean() >= 0.93
    assert np.all((accuracy > 0.6) & (accuracy < 1))
    assert sum(c for c in np.stack(chance)[:, :, 0, 0]) == pytest.approx(np.ones(45))


def test_a35_truth_earns_the_positive_parts_and_a_constant_report_nothing():
    joint = [[0.4, 0.1], [0.1, 0.4]]
    assert scoring.correlated_agreement_pay(joint) == pytest.approx(0.30)
    for constant in ([[1, 0], [1, 0]], [[0, 1], [0, 1]], [[0.3, 0.7], [0.3, 0.7]]):
        assert scoring.correlated_agreement_pay(joint, constant) == pytest.approx(0, abs=1e-15)
    assert scoring.correlated_agreement_pay(joint, [[0, 1], [1, 0]]) < 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=9, max_size=9), st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_no_report_without_the_signal_earns_anything_whatever_the_world_is_like(cells, report):
    whole = np.reshape(cells, (3, 3)) / sum(cells)
    shares = np.array(report) + 1e-9
    row = (shares / shares.sum()).tolist()
    assert scoring.correlated_agreement_pay(whole.tolist(), [row] * 3) == pytest.approx(0, abs=1e-12)
    assert scoring.correlated_agreement_pay(whole.tolist()) >= -1e-12


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_agreement_gives_a_constant_annotator_exactly_nothing_and_does_not_mind_the_order(seed, constant):
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 5, (30, 6, 1)).astype(float)
    labels[:, 0] = constant
    scores = scoring.agreement(NUMPY, labels, 4)[0, :, 0]
    order = rng.permutation(6)
    assert scoring.agreement(NUMPY, labels[:, order], 4)[0, :, 0] == pytest.approx(scores[order])
    pair = np.zeros((30, 6, 1))
    pair[:, :2] = constant
    assert abs(scoring.agreement(NUMPY, pair, 4)[0, 0, 0]) < 1e-12  # two who always agree, by habit alone


# --- annotation ---------------------------------------------------------------------------------------------------

POT, ANNOTATORS, TASKS, REQUESTERS = (Account(k, "TOK") for k in ("pot", "annotators", "tasks", "requesters"))
crowd = mt.load(FOLDER / "annotation_rewards.toml")


def earned(spec, steps=200, paths=64):
    run = simulate(spec.economy(), paths, steps, save=Save(vars=tuple(f"annotators/TOK[{i}]" for i in range(7))))
    return [float(np.mean(run.end[f"annotators/TOK[{i}]"])) for i in range(7)]


def test_the_more_accurate_earn_more_and_lazy_random_and_colluding_ones_next_to_nothing():
    pay = earned(crowd)
    assert pay[0] > pay[1] > pay[2] > 0
    assert max(pay[4], pay[6]) < 0.02 * pay[2]
    assert pay[5] < 0.25 * pay[2]


@pytest.mark.parametrize(("scorer", "floor", "colluders"), [("agreement", "0.05", (4, 5, 6)), ("one_coin", "0.55", (5, 6))])
def test_a_colluding_minority_earns_no_more_than_honest_annotators(scorer, floor, colluders):
    rows = {f"crowd.crowd.{i}.habit": "colluding" for i in colluders}
    pay = earned(crowd.with_values({**rows, "labels.scorer": scorer, "labels.floor": floor}), 120)
    assert max(pay[i] for i in colluders) < min(pay[:4])


def test_em_believes_three_of_seven_that_tell_one_story_where_agreement_does_not():
    """Where one-coin EM breaks, as its page says: it is the reason why agreement is the default."""
    rows = {f"crowd.crowd.{i}.habit": "colluding" for i in (4, 5, 6)}
    believed = earned(crowd.with_values({**rows, "labels.scorer": "one_coin", "labels.floor": "0.55"}), 120)
    assert max(believed[4:]) > min(believed[:4])


def test_what_is_paid_and_refunded_is_every_bounty_and_stake_is_lost_by_liars_alone():
    names = ("annotators/TOK", "pot/TOK", "tasks/TOK", "burned/TOK", *(f"annotator_stakes/TOK[{i}]" for i in range(7)))
    end = simulate(crowd.economy(), 8, 100, save=Save(vars=names)).end
    assert end["annotators/TOK"] + end["pot/TOK"] + end["tasks/TOK"] == pytest.approx(np.full(8, 400_000))
    stakes = [end[f"annotator_stakes/TOK[{i}]"].mean() for i in range(7)]
    assert stakes[0] == stakes[1] == stakes[4] == pytest.approx(100_000 / 7)
    assert stakes[6] < 0.98 * 100_000 / 7


def live(scorer="one_coin", **values):
    told = {"labels.scorer": scorer, "labels.floor": "0.5", "labels.needed": 3, "labels.budget": "0", **values}
    return Play(only(crowd.with_values(told).economy(), ("crowd",)))


def test_a_task_is_paid_once_to_those_who_answered_it_well():
    play = live()
    play.event("labels", "post", {"requester": 0, "task": 2}, bounty=90)
    for row, said in ((0, 2), (1, 2), (2, 2), (3, 1)):
        play.event("labels", "label", {"annotator": row, "task": 2}, label=said)
    play.steps(1)
    paid = play[ANNOTATORS]
    assert paid[0] == paid[1] == paid[2] > paid[3] and sum(paid) == pytest.approx(90)
    play.steps(3)
    assert play[ANNOTATORS] == paid and sum(play[TASKS]) == 0


def test_what_must_not_be_is_refused_and_moves_nothing():
    play = live()
    play.event("labels", "post", {"requester": 0, "task": 2}, bounty=90)
    play.event("labels", "label", {"annotator": 0, "task": 2}, label=2)
    before = (play[ANNOTATORS], play[TASKS], play[REQUESTERS])
    for event, rows, given_ in (
        ("label", {"annotator": 0, "task": 2}, {"label": 1}),  # twice
        ("label", {"annotator": 1, "task": 2}, {"label": 4}),  # no such class
        ("label", {"annotator": 1, "task": 2}, {"label": "1.5"}),
        ("label", {"annotator": 1, "task": 3}, {"label": 1}),  # nothing is asked there
        ("post", {"requester": 0, "task": 2}, {"bounty": 5}),  # taken
        ("post", {"requester": 0, "task": 3}, {"bounty": 0}),
    ):
        with pytest.raises(RunError) as refused:
            play.event("labels", event, rows, **given_)
        assert refused.value.faults[0].code == "MT312"
    assert (play[ANNOTATORS], play[TASKS], play[REQUESTERS]) == before


def test_a_bounty_that_nobody_earned_goes_back():
    play = live("gold", **{"labels.floor": "0.7"})
    play.event("labels", "post", {"requester": 0, "task": 0}, bounty=90)
    for row in range(3):
        play.event("labels", "label", {"annotator": row, "task": 0}, label=2)
    play.event("labels", "gold", {"task": 0}, label=1)
    before, pot = play[REQUESTERS][0], play[POT]
    play.steps(1)
    assert sum(play[ANNOTATORS]) == 0 and sum(play[TASKS]) == 0
    assert play[REQUESTERS][0] - before == pytest.approx(90)
    assert play[POT] == pot


@pytest.mark.parametrize("answers", [0, 2])
def test_a_task_that_too_few_answer_is_not_stuck_and_pays_for_the_answers_it_has(answers):
    play = live(**{"labels.needed": 4, "labels.patience": "5"})
    play.event("labels", "post", {"requester": 0, "task": 2}, bounty=80)
    before = play[REQUESTERS][0]
    for row in range(answers):
        play.event("labels", "label", {"annotator": row, "task": 2}, label=1)
    play.steps(4)
    assert sum(play[TASKS]) == 80
    play.steps(1)
    assert sum(play[TASKS]) == 0
    assert sum(play[ANNOTATORS]) == pytest.approx(80 * answers / 4)
    assert play[REQUESTERS][0] - before == pytest.approx(80 * (1 - answers / 4))
    play.event("labels", "post", {"requester": 0, "task": 2}, bounty=7)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(1, 3), min_size=7, max_size=7), min_size=3, max_size=5), st.integers(1, 10**9))
def test_a_bounty_is_paid_to_the_base_unit_whatever_the_shares_round_to(answers, units):
    """In Decimals shares of one may sum to more than one by the last digit: what is left over must not be less than nothing."""
    told = {"labels.scorer": "agreement", "labels.needed": 3}
    play = Play(only(crowd.with_values(told).economy(), ("crowd",)), EXACT)
    before = play[REQUESTERS][0]
    for task, labels in enumerate(answers):
        play.event("labels", "post", {"requester": 0, "task": task}, bounty=f"{units}e-8")
        for row, said in enumerate(labels):
            play.event("labels", "label", {"annotator": row, "task": task}, label=said)
    play.steps(1)
    assert sum(play[TASKS]) == 0
    assert play[REQUESTERS][0] + sum(play[ANNOTATORS]) == pytest.approx(before)


def test_asking_oneself_earns_nothing():
    """Payment is for outside need: who posts tasks and answers them gets back at most what it paid in."""
    play = live()
    before = play[REQUESTERS][0] + sum(play[ANNOTATORS]) + sum(play[POT])
    for task in range(4):
        play.event("labels", "post", {"requester": 0, "task": task}, bounty=10)
        for row in range(3):
            play.event("labels", "label", {"annotator": row, "task": task}, label=1)
    play.steps(1)
    assert play[REQUESTERS][0] + sum(play[ANNOTATORS]) + sum(play[POT]) == pytest.approx(before)


# --- datasets -----------------------------------------------------------------------------------------------------

SUBMITTERS, STAKES, BUYERS, ESCROW, TREASURY = (Account(k, "TOK") for k in ("submitters", "data_stakes", "buyers", "data_escrow", "treasury"))
data = mt.load(FOLDER / "dataset_market.toml")


def market(**values):
    return Play(
        only(data.with_values({"data.arrives": "", "data.gains": "", "data.likes": "", "data.poisons": "", "data.wanted": "", **values}).economy(), ("people",))
    )


def checked(play, slot, gain, likeness=0, poisoned=0, who=0):
    """What submitting and checking a dataset brought its submitter, and what was burned."""
    before, burned = play[SUBMITTERS][who], play[Account("burned", "TOK")][0]
    play.event("data", "submit", {"submitter": who, "dataset": slot}, stake=1000)
    play.event("data", "check", {"dataset": slot}, gain=gain, likeness=likeness, poisoned=poisoned)
    play.steps(1)
    return play[SUBMITTERS][who] - before, play[Account("burned", "TOK")][0] - burned


def test_good_data_is_paid_its_gain_copies_lose_a_part_and_poison_all_of_its_stake():
    play = market()
    assert checked(play, 0, "0.05") == (pytest.approx(500), 0)
    assert checked(play, 1, "0.05", "0.5") == (pytest.approx(500 * 0.5 * 2 ** (-1 / 20)), 0)
    assert checked(play, 2, "0.05", "0.95") == (pytest.approx(-200), pytest.approx(200))
    assert checked(play, 3, "0") == (pytest.approx(-200), pytest.approx(200))
    assert checked(play, 4, "0.5", "0", 1) == (pytest.approx(-1000), pytest.approx(1000))
    assert play.signal("status")[:5] == [2, 2, 3, 3, 3]


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(0.001, 1), likeness=st.floats(0, 0.89))
def test_more_like_or_later_data_never_earns_more(gain, likeness):
    g, s = f"{gain:.6f}", f"{likeness:.6f}"
    play = market()
    first, _ = checked(play, 0, g, s)
    again, _ = checked(play, 1, g, s)
    assert first >= again >= 0
    assert checked(market(), 0, g, f"{likeness + 0.005:.6f}")[0] <= first + 1e-9


def test_a_licence_is_divided_after_its_window_or_refunded_within_it():
    play = market()
    checked(play, 0, "0.05", who=1)
    buyer, submitter = play[BUYERS][0], play[SUBMITTERS][1]
    play.event("data", "license", {"buyer": 0, "dataset": 0})
    assert play[BUYERS][0] == buyer - 50 and play[ESCROW][0] == 50
    play.steps(6)
    play.event("data", "refund", {"buyer": 0, "dataset": 0})
    assert play[BUYERS][0] == buyer and sum(play[ESCROW]) == 0
    play.event("data", "license", {"buyer": 0, "dataset": 0})
    play.steps(9)
    assert (play[SUBMITTERS][1] - submitter, play[TREASURY][0]) == (pytest.approx(35), pytest.approx(15))
    for event, rows in (("refund", {"buyer": 0, "dataset": 0}), ("license", {"buyer": 0, "dataset": 1})):
        with pytest.raises(RunError):
            play.event("data", event, rows)


def test_a_market_is_not_full_for_ever():
    """A listed dataset holds its slot until an operator retires it, which robs no licence of its window."""
    play = market()
    checked(play, 0, "0.05")
    with pytest.raises(RunError, match="the slot holds a dataset"):
        play.event("data", "submit", {"submitter": 0, "dataset": 0}, stake=1000)
    play.event("data", "license", {"buyer": 0, "dataset": 0})
    with pytest.raises(RunError, match="in its refund window"):
        play.event("data", "retire", {"dataset": 0})
    play.steps(9)
    play.event("data", "retire", {"dataset": 0})
    assert checked(play, 0, "0.05")[0] == pytest.approx(500 * 2 ** (-1 / 20))


def test_a_market_without_a_smallest_stake_still_rejects_what_adds_nothing():
    e = market(**{"data.minimum": "0"}).economy
    for play in (Play(e), Play(e, EXACT)):
        play.event("data", "submit", {"submitter": 0, "dataset": 0}, stake=0)
        play.event("data", "check", {"dataset": 0}, gain=0, likeness=0, poisoned=0)
        assert play.steps(1).signal("status")[0] == 3


def test_in_a_population_helpful_data_pays_and_copies_and_poison_do_not():
    names = tuple(f"submitters/TOK[{i}]" for i in range(3))
    end = simulate(data.economy(), 64, 300, save=Save(vars=names)).end
    good, copies, poison = (float(end[n].mean()) - 100_000 for n in names)
    assert good > 0 > max(copies, poison)


# --- priority -----------------------------------------------------------------------------------------------------


def ends(power, base="50", steps=300):
    spec = mt.load(FOLDER / "model_priority.toml").with_values(
        {"cluster.power": power, "cluster.base": base, "interest.volatility": "0", "interest.drift": "0"}
    )
    run = simulate(spec.economy(), 1, steps, save=Save(every=1, vars=("share[0]", "share[2]", "served[0]", "served[1]", "served[2]"), paths=True))
    return {n: np.asarray(run[n])[:, 0] for n in ("share[0]", "share[2]", "served[0]", "served[1]", "served[2]")}


def test_the_cluster_is_never_overbooked_and_all_of_it_is_used_while_somebody_waits():
    run = ends("1.3")
    total = run["served[0]"] + run["served[1]"] + run["served[2]"]
    assert total[1:] == pytest.approx(np.full(300, 100_000), rel=1e-9)
    assert run["served[1]"].max() <= 60_000 * (1 + 1e-9) and run["served[2]"].max() <= 30_000 * (1 + 1e-9)


def test_over_a_power_of_one_the_leader_gets_ahead_and_under_one_shares_even_out():
    steep, flat = ends("3"), ends("0.3")
    assert steep["share[0]"][-1] - steep["share[2]"][-1] > 1.5 * (flat["share[0]"][-1] - flat["share[2]"][-1])
    assert steep["share[2]"][-1] < 0.15 < flat["share[2]"][-1]
