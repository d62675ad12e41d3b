"""Agents that fund themselves: their books, the budget rule, upgrades on trial with receipt and roll-back, and what quality does to demand."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.arithmetic_exact import EXACT, exact
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms.base import Use
from mintage.save import Save
from mintage.simulate import simulate

from .network import D, use
from .village import Play

TILLS, WALLETS, ORDERS, SUPPLIER, POOL = (Account(k, "TOK") for k in ("tills", "agents", "orders", "market", "pool"))
PLANS = (
    {"quality": 1, "capacity": 100, "cost": 10, "unit": "0.2"},
    {"quality": 2, "capacity": 100, "cost": 20, "unit": "0.3", "price": 400},
    {"quality": 3, "capacity": 300, "cost": 40, "unit": "0.3", "price": 900},
)
ROWS = {"level": ("1", "0"), "quality": ("1", "1"), "capacity": ("job/day", "100"), "sufficiency": ("1", "1"), "runway": ("day", "0")}
ROWS |= {"break_even": ("job/day", "0"), "receipts": ("1", "0")}


def agents(
    *more: Use, number: int = 1, income: Any = 0, wallet: Any = 1000, price: str = "2", level: int = 0, till: Any = 0, index: str = "1", **params: Any
) -> Economy:
    """Agents with a wallet each, and an income a day out of a pool, in tokens for each."""
    kinds = {k: Kind(k, ("TOK",), number, members="" if k == "agents" else "agents", role="provider") for k in ("agents", "tills", "orders")}
    kinds["agents"] = Kind("agents", ("TOK",), number, members="open", role="provider")
    kinds |= {"market": Kind("market", ("TOK",)), "pool": Kind("pool", ("TOK",)), "users": Kind("users", ("TOK",))}
    kinds |= {"deals": Kind("deals", ("TOK",)), "names": Kind("names", ("TOK",))}
    signals = {name: SignalDecl(name, unit, D(start), "", "agents") for name, (unit, start) in ROWS.items()}
    signals["level"] = SignalDecl("level", "1", D(level), "", "agents")
    signals |= {"price": SignalDecl("price", "USD/TOK", D(price)), "index": SignalDecl("index", "1", D(index))}
    opening = {WALLETS: D(wallet) * number, TILLS: D(till) * number, POOL: D(10**7), Account("users", "TOK"): D(0)}
    shown = {n: n for n in ("capacity", "sufficiency", "runway", "break_even", "receipts")}
    rule = {"plans": PLANS, "task": 1, "smooth": D("0.0001"), "index": "index"}
    pay = use("pay", "grants", pool="pool/TOK", budget=({"value": D(income) * number},), recipients=({"to": "tills/TOK", "share": 1},))
    uses = (pay, *more, use("agents", "self_funding_agent", **rule | shown | params))
    return Economy("agents", {"TOK": Asset("TOK", 8), "USD": Asset("USD", 6, "fiat")}, kinds, signals, uses, D(1), opening=opening)


class Drawn(Play):
    """A village where every lot falls the same way: an agent always looks at the next plan, or never does."""

    def __init__(self, economy: Economy, xp: Any = NUMPY, *, looks: bool = True) -> None:
        super().__init__(economy, xp)
        self.lot = self.xp.full((economy.holders(WALLETS), 1), self.xp.num(0 if looks else 1))

    def steps(self, number: int) -> Drawn:
        with exact():
            for _ in range(number):
                self.bound.step(self.world, self.t, self, self.book)
                self.t += 1
        return self

    def take(self, call: str) -> dict[str, Any]:
        return dict.fromkeys(next(c for c in self.bound.calls if c.name == call).use.mechanism.noise, self.lot)


def both(e: Economy, *, looks: bool = True) -> list[Drawn]:
    return [Drawn(e, looks=looks), Drawn(e, EXACT, looks=looks)]


# --- the books ---------------------------------------------------------------------------------------------------------------


def test_a_day_by_hand():
    """40 tokens at 2 USD are 80 tasks of 1 USD: cost 10 + 0.2 x 80 = 26 USD, times an index of 1.5: 39 USD or 19.5 tokens."""
    for play in both(agents(income=40, index="1.5", keep=10_000)):
        play.steps(1)
        assert (play[WALLETS], play[TILLS], play[SUPPLIER]) == ([1020.5], [0], [19.5])
        assert play.signal("sufficiency") == [pytest.approx(80 / 39)]
        assert play.signal("runway") == [pytest.approx(1020.5 * 2 / 39)]
        assert play.signal("break_even") == [pytest.approx(15 / (1 - 0.3))]


@settings(max_examples=20, deadline=None)
@given(index=st.sampled_from(["0.5", "1", "2", "4"]), price=st.sampled_from(["0.1", "2", "30"]))
def test_at_break_even_what_is_earned_is_what_is_spent(index, price):
    tasks = Drawn(agents(income=0, index=index, price=price)).steps(1).signal("break_even")[0]
    play = Drawn(agents(income=D(repr(tasks)) / D(price), index=index, price=price, keep=10**9, least=0)).steps(1)
    assert play.signal("sufficiency") == [pytest.approx(1)]
    assert play[WALLETS] == [pytest.approx(1000)]


def test_a_task_that_never_pays_has_a_break_even_beyond_all_tasks_and_finite():
    play = Drawn(agents(income=5, index="6")).steps(1)  # 0.2 x 6 above the 1 that a task earns
    assert 1e9 < play.signal("break_even")[0] < 1e15


def test_who_can_not_pay_serves_nothing_until_it_can():
    e = agents(income=0, wallet=12, least=0, keep=0)
    play = Drawn(e).steps(2)
    assert (play[WALLETS], play.signal("quality"), play.signal("capacity")) == ([2], [1], [100])
    play.steps(1)
    assert (play[WALLETS], play.signal("quality"), play.signal("capacity")) == ([0], [0], [0])
    paid = Drawn(agents(income=0, wallet=2, till=100, least=0, keep=0)).steps(1)
    assert paid.signal("quality") == [1]


# --- the budget rule -------------------------------------------------------------------------------------------------------------

RICH: dict[str, Any] = {"income": 50, "wallet": 3000, "level": 1, "budget": "0.2", "keep": 30, "payback": 10}


def test_an_agent_that_can_afford_it_and_gains_takes_the_next_plan_on_trial():
    """It is as busy as it can be, and expects to fill 300 tasks where it filled 100: 120 USD a day more. The price of 900 USD is 450 tokens."""
    for play in both(agents(**RICH)):
        play.steps(1)
        assert (play.signal("level"), play.signal("quality"), play.signal("capacity")) == ([2], [3], [300])
        assert (play[ORDERS], play.signal("receipts")) == ([450], [1])
        assert play[SUPPLIER] == [25]  # 20 + 0.3 x 100 USD: the price of the plan is not paid yet


@pytest.mark.parametrize("change", [{"budget": "0.14"}, {"keep": 40}, {"payback": 7}, {"wallet": 2200}, {"income": 40}, {"index": "3"}], ids=str)
def test_each_part_of_the_rule_alone_forbids_it(change):
    """450 of 3,025 tokens; 2,575 tokens last 39.6 days of 130 USD; 900 USD come back in 7.5 days; 80 tasks are not busy; dear compute."""
    play = Drawn(agents(**RICH | change)).steps(1)
    assert (play.signal("level"), play[ORDERS], play.signal("receipts")) == ([1], [0], [0])


def test_who_does_not_look_changes_nothing():
    run = simulate(agents(**RICH, review=10**12), 8, 5, save=Save(vars=("level", "orders/TOK")))
    assert (run.end["level"].tolist(), run.end["orders/TOK"].tolist()) == ([1.0] * 8, [0.0] * 8)


@settings(max_examples=20, deadline=None)
@given(wallets=st.tuples(st.integers(0, 5000), st.integers(0, 5000)).map(sorted), income=st.integers(0, 80))
def test_more_money_never_means_a_lower_plan_on_the_first_day(wallets, income):
    levels = [Drawn(agents(income=income, wallet=w, taste=2, least=0, keep=20)).steps(1).signal("level")[0] for w in wallets]
    assert levels[0] <= levels[1]


# --- trial, receipt, roll-back ------------------------------------------------------------------------------------------------------


def test_an_upgrade_that_does_not_prove_itself_is_taken_back():
    """30 days on trial with the same 100 tasks: 50 USD a day have become 30, so the price returns and nothing is tried for 90 days."""
    for play in both(agents(**RICH, trial=30, pause=90)):
        play.steps(30)
        assert (play.signal("level"), play[ORDERS]) == ([2], [450])
        before = play[WALLETS][0]
        play.steps(1)
        assert (play.signal("level"), play[ORDERS], play.signal("receipts")) == ([1], [0], [2])
        assert play[WALLETS] == [pytest.approx(before + 50 - 35 + 450)]
        play.steps(89)
        assert play.signal("level") == [1]
        play.steps(1)
        assert (play.signal("level"), play.signal("receipts")) == ([2], [3])


def test_better_quality_brings_what_pays_for_it_when_a_market_reads_it():
    """Two agents of one market, of which the first goes ahead: three parts of four of what people spend are its own, and the supplier is paid."""
    hire = use("hiring", "agent_market", buyers="users/TOK", earned="tills/TOK", payees=({"to": "market/TOK", "share": 1},), quality="quality", fee=0)
    users = use("brings", "grants", pool="pool/TOK", budget=({"value": 80},), recipients=({"to": "users/TOK", "share": 1},))
    for play in both(agents(users, hire, number=2, plans=(PLANS[0], {**PLANS[1], "quality": 3}), trial=5, wallet=2000), looks=False):
        play.steps(2)
        assert play.signal("sufficiency")[0] == pytest.approx(play.signal("sufficiency")[1])
        play.event("agents", "upgrade", {"agent": 0})
        assert (play[ORDERS], play.signal("level"), play.signal("receipts")) == ([200, 0], [1, 0], [1, 0])
        before = play[SUPPLIER][0]
        play.steps(2)
        assert play.signal("quality") == [3, 1]
        earned = [s * c for s, c in zip(play.signal("sufficiency"), (20 + 0.3 * 120, 10 + 0.2 * 40), strict=True)]
        assert earned == pytest.approx([120, 40])
        play.steps(6)
        assert (play[ORDERS], play.signal("level")) == ([0, 0], [1, 0])
        assert play[SUPPLIER][0] - before == pytest.approx(200 + 8 * (56 + 18) / 2)


def test_an_operator_takes_back_an_upgrade_that_did_not_happen():
    for play in both(agents(**RICH), looks=False):
        play.steps(1)
        with pytest.raises(RunError, match="no upgrade is on trial"):
            play.event("agents", "roll_back", {"agent": 0})
        play.event("agents", "upgrade", {"agent": 0})
        for event in ("upgrade", "downgrade"):
            with pytest.raises(RunError, match="an upgrade is on trial"):
                play.event("agents", event, {"agent": 0})
        wallet = play[WALLETS][0]
        play.event("agents", "roll_back", {"agent": 0})
        assert (play[WALLETS], play[ORDERS], play.signal("level"), play.signal("quality")) == ([wallet + 450], [0], [1], [2])
        assert play.signal("receipts") == [2]


def test_an_owner_does_not_run_on_one_free_trial_after_the_other():
    """Capacity of an upgrade is there at once and its price comes back: whoever could try again at once would never pay for it."""
    for play in both(agents(**RICH, trial=2, pause=10), looks=False):
        play.steps(1)
        play.event("agents", "upgrade", {"agent": 0})
        play.steps(3)
        assert (play.signal("level"), play[ORDERS]) == ([1], [0])  # taken back
        with pytest.raises(RunError, match="a short time ago"):
            play.event("agents", "upgrade", {"agent": 0})
        play.steps(10)
        play.event("agents", "upgrade", {"agent": 0})


def test_owners_keep_to_the_budget_rule_and_to_the_plans_there_are():
    for play in both(agents(wallet=2000, budget="0.2", keep=0), looks=False):
        with pytest.raises(RunError, match="the first plan is in force"):
            play.event("agents", "downgrade", {"agent": 0})
        play.event("agents", "upgrade", {"agent": 0})  # 200 of 2,000 tokens
        play.event("agents", "roll_back", {"agent": 0})
    poor = Play(agents(wallet=900, budget="0.2", keep=0))
    with pytest.raises(RunError, match="the budget rule forbids it"):
        poor.event("agents", "upgrade", {"agent": 0})
    best = Play(agents(wallet=10**6, level=2))
    with pytest.raises(RunError, match="the best plan is in force"):
        best.event("agents", "upgrade", {"agent": 0})
    best.event("agents", "downgrade", {"agent": 0})
    assert best.signal("level") == [1]


def test_a_runway_that_grows_short_gives_up_a_plan_and_a_trial_at_once():
    play = Drawn(agents(income=0, wallet=240, price="2", level=2, least=5, keep=5)).steps(6)  # 40 USD a day: 240 tokens last 12 days
    assert play.signal("level") == [2]
    play.steps(2)
    assert play.signal("level") == [1]
    trial = Drawn(agents(income=0, wallet=1000, level=1, least=5, keep=5, trial=1000), looks=False)
    trial.event("agents", "upgrade", {"agent": 0})
    trial.steps(25)
    assert (trial.signal("level"), trial[ORDERS]) == ([1], [0])


@settings(max_examples=15, deadline=None)
@given(
    acts=st.lists(st.sampled_from(["upgrade", "downgrade", "roll_back", "day", "week"]), max_size=20),
    income=st.sampled_from([0, 8, 60]),
    price=st.sampled_from(["0.5", "2", "8"]),
)
def test_money_waits_in_orders_exactly_while_an_upgrade_is_on_trial(acts, income, price):
    play = Drawn(agents(income=income, price=price, trial=6, pause=4, keep=10, least=5), EXACT)
    changes = 0
    for act in acts:
        if act in ("day", "week"):
            play.steps(1 if act == "day" else 7)
        else:
            with suppress(RunError):
                play.event("agents", act, {"agent": 0})
        level, waits = play.signal("level")[0], play[ORDERS][0]
        on_trial = float(play.world.memory["agents"]["trial"][0, 0])
        assert level in (0, 1, 2)
        assert waits == pytest.approx(on_trial * float(PLANS[int(level)].get("price", 0)) / float(price), abs=1e-7)
        assert play.signal("receipts")[0] >= changes
        changes = play.signal("receipts")[0]


def test_agents_are_sound_and_faults_are_told():
    assert [str(f) for f in agents(number=3).check()] == []
    assert [f.where for f in agents(plans=()).check()] == ["agents.plans"]
    assert [f.where for f in agents(least=90).check()] == ["agents.least"]
