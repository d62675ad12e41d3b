"""Proof of personhood: a grant is claimed once, by who is verified, while it is open (W4, W5); fakes come while a grant is worth more than they cost."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage import data
from mintage.accounts import Account
from mintage.errors import RunError
from mintage.save import Save
from mintage.simulate import simulate

from .estate import D, estate
from .network import use
from .village import Play, both

HUMANS, OPERATORS = Account("humans", "TOK"), Account("operators", "TOK")
KINDS = {"humans": 0, "operators": 2, "fakes": 1, "community": 1, "operations": 1}
TABLE = ({"day": 0, "value": 25}, {"day": 3, "value": 10}, {"day": 6, "value": 4}, {"day": 9, "value": 0})
OPENING = {"community/TOK": 10**6, "operations/TOK": 1000}


def people(kinds=None, opening=None, at="2", humans="1000", every=1, **params):
    told = use("grants", "personhood_grants", every, **{"grants": TABLE, **params})
    shown = {"people": ("person", humans), "price": ("USD/TOK", at), "forged": ("person", "0"), "rate": ("TOK/day", "0")}
    return estate(told, kinds={**KINDS, **(kinds or {})}, signals=shown, opening={**OPENING, **(opening or {})})


class Acts(Play):
    """Somebody's events; time that passes without the step, as in a running network."""

    def verify(self, *humans, by=0):
        for human in humans:
            self.event("grants", "verify", {"human": human, "operator": by})
        return self

    def claim(self, human):
        before = self[HUMANS][human]
        self.event("grants", "claim", {"human": human})
        return self[HUMANS][human] - before

    def until(self, day):
        self.t = day
        return self


def live(**params):
    return [Acts(e.economy, e.xp) for e in both(people(**params))]


# --- one human ---------------------------------------------------------------------------------------------------


def test_a_human_claims_each_grant_once_in_its_period_or_the_next():
    for play in live():
        play.verify(0, 1, 2)
        assert play.claim(0) == 25
        with pytest.raises(RunError, match="no grant is open that was not claimed"):
            play.claim(0)
        play.until(3)
        assert (play.claim(0), play.claim(1)) == (10, 35)  # the other has waited, and is late for the first
        play.until(6)
        assert (play.claim(0), play.claim(2)) == (4, 14)  # 25 is lost: its month and the month after are over
        play.until(9)
        for human in (0, 1, 2):
            if human == 1:
                assert play.claim(1) == 4
            else:
                with pytest.raises(RunError, match="MT312"):
                    play.claim(human)
        assert play[HUMANS] == [39, 39, 39 - 25, 0]


def test_w4_35_wld_by_mid_august_2023():
    """W4: what one human can claim from 2023-07-24 to 2023-08-14, each grant in its own period only, is 35 WLD."""
    for play in worldcoin():
        play.verify(0)
        paid = [play.until((date(2023, *when) - START).days).claim(0) for when in ((7, 25), (8, 8))]
        assert (paid, sum(paid)) == ([25, 10], 35)
        assert play.verify(1).claim(1) == 10  # who comes in the second period has missed the first


def test_w5_the_first_twelve_monthly_grants():
    """W5: August 2024 to July 2025 are 47.20 WLD, claimed month by month or with a month's delay."""
    months = [date(2024 + (7 + i) // 12, (7 + i) % 12 + 1, 15) for i in range(13)]
    for play in worldcoin():
        play.verify(0, 1)
        each = [play.until((m - START).days).claim(0) for m in months[:12]]
        assert sum(each) == pytest.approx(47.20)
        late = [play.until((m - START).days).claim(1) for m in months[1::2]]
        assert sum(late) == pytest.approx(47.20)


START = date(2023, 7, 24)


def worldcoin():
    """The table of World's contracts; grants before August 2024 are open in their own period only."""
    rows = data.read("worldcoin_grants")
    points = [{"day": (d - START).days, "value": v} for d, v in zip(rows["period_start"], rows["wld_per_verified_human"], strict=True)]
    table = (*points, {"day": (rows["period_end"][-1] - START).days, "value": 0})
    return live(grants=table, late=({"value": 0}, {"day": (date(2024, 8, 1) - START).days, "value": 1}))


@settings(max_examples=15, deadline=None)
@given(days=st.lists(st.integers(0, 14), min_size=1, max_size=8), late=st.integers(0, 2))
def test_whatever_the_days_no_human_gets_more_than_its_grants_and_all_of_them_by_claiming_in_time(days, late):
    table = tuple({"day": 2 * i, "value": v} for i, v in enumerate((8, 4, 2, 1, 0)))
    play = Acts(people(grants=table, late=({"value": late},), late_most=2)).verify(0, 1)
    for day in sorted(days):
        play.until(day)
        try:
            play.claim(0)
        except RunError:
            continue
    open_ = {n for day in days for n in range(day // 2 - late, day // 2 + 1) if 0 <= n < 4}
    assert play[HUMANS][0] == sum((8, 4, 2, 1)[n] for n in open_)
    for day in (0, 2, 4, 6):
        play.until(day)
        play.claim(1)
    assert play[HUMANS][1] == 15


def test_only_the_verified_claim_and_an_operator_is_paid_for_each_once():
    for play in live(operator_pay="0.5"):
        with pytest.raises(RunError, match="not verified"):
            play.claim(0)
        play.verify(0, 1, by=1)
        with pytest.raises(RunError, match="MT312"):
            play.verify(0)
        assert play[OPERATORS] == [0, 1]
        assert play[Account("operations", "TOK")] == [999]


def test_a_revoked_account_claims_no_more_and_is_not_verified_again():
    for play in live():
        play.verify(0)
        play.event("grants", "revoke", {"human": 0})
        for attempt in (lambda play=play: play.claim(0), lambda play=play: play.verify(0), lambda play=play: play.event("grants", "revoke", {"human": 0})):
            with pytest.raises(RunError, match="MT312"):
                attempt()


def test_a_lost_account_is_replaced_and_no_grant_is_paid_twice():
    for play in live():
        play.verify(0, 2)
        assert play.claim(0) == 25
        play.event("grants", "replace", {"lost": 0, "new": 1})
        for human in (0, 1):
            with pytest.raises(RunError, match="MT312"):
                play.claim(human)
        with pytest.raises(RunError, match="MT312"):
            play.event("grants", "replace", {"lost": 1, "new": 2})  # who is verified takes no other's place
        with pytest.raises(RunError, match="MT312"):
            play.event("grants", "replace", {"lost": 0, "new": 3})
        assert play.until(3).claim(1) == 10


def test_an_empty_pool_pays_nobody():
    play = Acts(people(opening={"community/TOK": 20})).verify(0)
    with pytest.raises(RunError, match="MT302"):
        play.claim(0)


# --- all of them -------------------------------------------------------------------------------------------------


def run(e, steps=12, *names):
    got = simulate(e, 1, steps, save=Save(every=1, vars=names, paths=True))
    return [got[n][:, 0] for n in names]


@settings(max_examples=15, deadline=None)
@given(share=st.integers(0, 10), tardy=st.integers(0, 10), every=st.sampled_from([1, 3]))
def test_who_claims_is_paid_the_table_whatever_the_calls(share, tardy, every):
    e = people({"humans": 1}, every=every, share=D(share) / 10, tardy=D(tardy) / 10)
    (paid,) = run(e, 18, "humans/TOK")
    assert paid[-1] == paid[12] == pytest.approx(1000 * 39 * share / 10)
    prompt = 1 - tardy / 10
    if every == 3:
        assert np.diff(paid)[0] == pytest.approx(1000 * share / 10 * 25 * prompt)
        assert np.diff(paid)[3] == pytest.approx(1000 * share / 10 * (10 * prompt + 25 * tardy / 10))


def test_where_lateness_is_not_allowed_all_claim_in_time():
    e = people({"humans": 1}, tardy="0.4", late=({"value": 0},))
    assert run(e, 3, "humans/TOK")[0][-1] == pytest.approx(25_000)


def test_newcomers_are_verified_for_pay_and_those_from_before_are_not():
    e = people({"humans": 1, "operators": 1}, humans="1500", before=1000, operator_pay="0.1")
    assert run(e, 5, "operators/TOK")[0].tolist() == [0, 50, 50, 50, 50, 50]


FORGERS = {"price": "price", "cost": 30, "capacity": 7, "detection": "0.5", "horizon": 2, "forged": "forged"}


def forged(at, **params):
    told = {**FORGERS, **params}
    return people({"humans": 1}, at=at, grants=({"day": 0, "value": 20}, {"day": 100, "value": 0}), **told)


@settings(max_examples=20, deadline=None)
@given(price=st.decimals("0.1", "5", places=2))
def test_fakes_come_while_their_grants_are_worth_more_than_they_cost(price):
    fakes = run(forged(str(price)), 3, "forged")[0]
    worth = 20 * float(price) * 0.75  # half are found before the first claim, half of the rest before the second
    assert (fakes[-1] > 0) == (worth > 30 + 1e-9)


def test_fakes_by_hand_and_at_rest():
    fakes, leaked, rate = run(forged("3", rate="rate"), 2, "forged", "fakes/TOK", "rate")
    kept = 0.5 ** (1 / 100)  # half are found in a period of 100 calls
    assert fakes.tolist() == [0, 7, pytest.approx(7 * kept + 7)]
    assert leaked.tolist() == [0, 0, pytest.approx(7 * 20 / 100)]
    assert rate[2] == pytest.approx(1000 * 20 / 100 + 7 * 20 / 100)
    long = people({"humans": 1}, at="3", grants=({"day": 0, "value": 20}, {"day": 10**5, "value": 0}), **{**FORGERS, "detection": "1"})
    assert run(long, 30, "forged")[0][-1] == 0  # all are found at once: nobody makes any
    short = people({"humans": 1}, at="3", grants=(*({"day": d, "value": 20} for d in range(200)), {"day": 200, "value": 0}), **FORGERS)
    assert run(short, 200, "forged")[0][-1] == pytest.approx(7 / 0.5)  # as many are found as are made


def test_more_detection_or_a_dearer_identity_never_means_more_fakes():
    def last(**more):
        return run(forged("3", **more), 30, "forged")[0][-1]

    assert last(detection="0.1") >= last(detection="0.3") >= last(detection="0.9") == 0
    assert last(cost=1) >= last(cost=44) > last(cost=46) == 0


def test_a_poor_pool_is_divided_and_never_overdrawn():
    told = {**FORGERS, "cost": 0}
    e = people({"humans": 1}, opening={"community/TOK": 900}, at="3", **told)
    pool, humans, fakes = run(e, 9, "community/TOK", "humans/TOK", "fakes/TOK")
    assert pool[-1] == pytest.approx(0, abs=1e-9)
    assert humans[-1] + fakes[-1] == pytest.approx(900)


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("grants", {"grants": ({"value": 3},)}),
        ("grants", {"grants": ({"day": 2, "value": 3}, {"day": 4, "value": 0})}),
        ("late", {"late": ({"value": 2},)}),
        ("late", {"late": ({"value": "0.5"},)}),
    ],
)
def test_a_table_that_cannot_be_meant_is_a_fault(field, params):
    assert [(f.code, f.where) for f in people(**params).check()] == [("MT202", f"grants.{field}")]


def test_the_rule_is_sound():
    assert people().check() == people({"humans": 1}, **FORGERS, rate="rate", operator_pay=1).check() == []
