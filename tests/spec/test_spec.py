"""A sound spec: values in the parameter's unit, provenance, variants, scenarios, and the economy it gives."""

from __future__ import annotations

import json
import pickle
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mintage
from mintage.accounts import Account
from mintage.errors import SpecError, UsageError
from mintage.mechanisms.base import Mechanism, Number, Parameters, Ref, Schedule, account, count, number, schedule
from mintage.spec import Spec, check, load, loads, presets
from tests.spec.cases import TOWN

SPEC = loads(TOWN, "town.toml")


class Probe(Mechanism):
    """A mechanism with a field of every kind, which does nothing."""

    name = "spec_probe"

    class Params(Parameters):
        place: Ref = account("market/token", "an account")
        other: Ref = account("market/fiat", "its money")
        pay: Number = number(None, "other/day", "money a day")
        ratio: Number = number("2", "other/place", "a price", source="a paper", date="2020-05-06")
        slots: int = count(3, "a period", ge=1, unit="step")
        plan: Schedule = schedule("place/week", "tokens a week")

    def step(self, p, state, signals, ctx):
        return [], {}


def probe(lines: str) -> Spec:
    return loads(TOWN + f'[[mechanism]]\nuse = "spec_probe"\n{lines}')


def test_a_bare_number_is_in_the_parameters_unit_and_others_are_converted() -> None:
    spec = probe('pay = "7 USD/week"\nslots = "2 weeks"\nplan = { value = 3, unit = "token/day" }\nratio = "5 fiat/TOK"')
    assert spec.value("spec_probe.pay") == 1
    assert spec.value("spec_probe.slots") == 14
    assert spec.value("spec_probe.plan.0.value") == 21
    assert spec.value("spec_probe.ratio") == 5
    assert SPEC.value("price.volatility") == Decimal("0.8")
    assert SPEC.value("allocation.team.cliff") == SPEC.value("allocation.0.cliff") == 365
    assert SPEC.value("emission.budgets.1.day") == 365  # 2024-12-31, of a leap year that began on day 0


@pytest.mark.parametrize("wrong", ['"7 TOK/day"', '"7 USD"', '{ value = 7, unit = "EUR/day" }', "[1]", "true"])
def test_units_that_do_not_fit_are_refused(wrong: str) -> None:
    with pytest.raises(SpecError, match=r"spec_probe\.pay"):
        probe(f"pay = {wrong}\nplan = 1")


def test_a_schedule_takes_days_dates_or_one_value() -> None:
    spec = probe("pay = 1\nplan = [ { value = 1 }, { day = 2024-01-31, value = { value = 2, source = 'S1' } } ]")
    assert [(p.day, p.value) for p in spec.value("spec_probe.plan")] == [(0, 1), (30, 2)]
    assert probe("pay = 1\nplan = 9").value("spec_probe.plan.0.day") == 0


def test_provenance_lists_every_number_with_its_source_or_as_an_assumption() -> None:
    listed = {p.path: p for p in probe("pay = { value = 1, assumption = 'a guess' }\nplan = 1").provenance}
    cap, pay, ratio = listed["assets.TOK.cap"], listed["spec_probe.pay"], listed["spec_probe.ratio"]
    assert (cap.value, cap.unit, cap.source, cap.date, cap.assumed) == ("2000000", "TOK", "S1", date(2023, 12, 1), False)
    assert listed["signals.price.start"].date == date(2024, 1, 1)  # its own date goes before the source's
    assert (pay.unit, pay.assumed, pay.doc) == ("USD/day", True, "a guess")
    assert (ratio.value, ratio.unit, ratio.source, ratio.date, ratio.assumed) == ("2", "USD/TOK", "a paper", date(2020, 5, 6), False)
    assert {"price.drift", "allocation.team.tge", "jobs.payees.0.share", "disclosure.audit.audited_share", "accounts.market.opening.USD"} <= listed.keys()
    assert not {"network.horizon", "assets.TOK.decimals", "accounts.team.holders"} & listed.keys()
    assert len(listed) == len(probe("pay = 1\nplan = 1").provenance)


def test_the_economy_has_processes_then_vesting_then_mechanisms_in_order() -> None:
    economy = SPEC.economy()
    assert [u.name for u in economy.uses] == ["price", "demand", "vesting", "jobs", "emission"]
    assert [u.every for u in economy.uses] == [1, 1, 1, 7, 7]
    assert economy.opening == {Account("market", "TOK"): Decimal(1_000_000), Account("market", "USD"): Decimal(5000)}
    assert economy.assets["TOK"].cap == 2_000_000
    assert (economy.signals["price"].unit, economy.signals["demand"].start) == ("USD/TOK", 100)
    assert economy.kinds["team"].role == "insider"
    assert (economy.token, economy.fiat, economy.dt, economy.start) == ("TOK", "USD", 1, date(2024, 1, 1))
    run = mintage.simulate(SPEC, paths=4, seed=1)
    assert run.manifest.steps == SPEC.steps == 365
    assert ((run.end["supply/TOK"] > 1_000_000) & (run.end["supply/TOK"] < 1_105_000)).all()


def test_a_variant_changes_what_it_says_and_nothing_else() -> None:
    changes = {
        "jobs.burn_share": Decimal("0.9"),
        "jobs.payees.0.share": 0.1,
        "price.start": 3,
        "accounts.market.opening.USD": "7 USD",
        "allocation.team.cliff": "2 years",
    }
    variant = SPEC.with_values(changes)
    assert [variant.value(p) for p in changes] == [Decimal("0.9"), Decimal("0.1"), 3, 7, 730]
    assert SPEC.value("jobs.burn_share") == Decimal("0.95")
    assert variant.value("signals.price.start") == 3
    assert variant.economy().signals["price"].start == 3
    assert variant.hash != SPEC.hash
    same = {"jobs.burn_share", *changes} | {"emission.budgets.0.value", "demand.level"}
    assert all(variant.value(p) == SPEC.value(p) for p in same - changes.keys())


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("jobs.burn_shar", "jobs.burn_share"),
        ("prise.start", "price.start"),
        ("accounts.market.opening.USDT", "accounts.market.opening.USD"),
        ("allocation.teem.cliff", "allocation.team.cliff"),
    ],
)
def test_an_unknown_path_is_told_with_the_nearest(path: str, near: str) -> None:
    for call in (lambda: SPEC.value(path), lambda: SPEC.with_values({path: 1})):
        with pytest.raises(UsageError, match=rf"MT510 {path}: .*did you mean '{near}'"):
            call()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "jobs",
        "jobs.payees.7.share",
        "jobs.payees.-1.share",
        "jobs.payees.+0.share",
        "jobs.payees.\u0660.share",
        "jobs.payees.to.share",
        f"jobs.payees.{'9' * 5000}.share",
        "price.drift.x",
        "network",
        "accounts.market.opening",
        "__class__",
        "jobs.__class__",
        "provenance.0",
        "jobs.-1",
        "x" * 9999,
    ],
)
def test_what_is_no_parameter_is_no_path(path: str) -> None:
    with pytest.raises(UsageError, match="MT510"):
        SPEC.value(path)
    with pytest.raises(UsageError, match="MT510"):
        SPEC.with_values({path: 1})
    found = check(f"{TOWN}\n[scenario.odd]\nset = {{ {json.dumps(path)} = 1 }}\n", "town.toml")
    assert [(f.code, f.line) for f in found] == [("MT116", 94)]


def test_a_variant_that_is_not_sound_is_refused_with_its_path() -> None:
    with pytest.raises(SpecError, match=r"MT109 jobs\.burn_share: 2, expected at most 1|MT109 town.toml jobs\.burn_share: 2, expected at most 1"):
        SPEC.with_values({"jobs.burn_share": 2})
    with pytest.raises(SpecError, match="MT119"):
        SPEC.with_values({"assets.TOK.cap": 5})
    with pytest.raises(UsageError, match="MT511"):
        probe("pay = 1\nplan = 9").with_values({"spec_probe.plan.0.value": 3})


def test_scenarios_build_on_each_other() -> None:
    bull, bear = SPEC.scenario("bull"), SPEC.scenario("bear")
    assert (bull.value("demand.level"), bull.value("price.drift")) == (200, Decimal("0.5"))
    assert (bear.value("demand.level"), bear.value("price.drift")) == (200, Decimal("-0.5"))
    assert SPEC.scenario("base") is SPEC
    with pytest.raises(UsageError, match=r"MT512 bul: .*did you mean 'bull'"):
        SPEC.scenario("bul")


def test_the_hash_is_of_content_and_not_of_its_looks() -> None:
    looks = TOWN.replace("decimals = 8", "decimals   =   8 # places").replace("1_100_000", "1100000.0").replace("share = 0.05", "share = 5e-2")
    assert loads(looks).hash == SPEC.hash
    assert loads(TOWN.replace("share = 1 }", "share = 1.0 }")).hash == SPEC.hash
    assert loads(TOWN.replace('volatility = "80 %"', 'volatility = "81 %"')).hash != SPEC.hash
    assert len(SPEC.hash) == 64


def test_a_spec_crosses_process_borders() -> None:
    copy = pickle.loads(pickle.dumps(SPEC))
    assert copy.hash == SPEC.hash
    assert copy.economy().digest() == SPEC.economy().digest()


def test_recorded_history_ships_with_the_package() -> None:
    record = 'file = "data:render_bme_weekly.csv", column = "burned_usd", every = "7 days", unit = "USD/week", scale = 2, source = "S1"'
    replay = f'use = "history"\nname = "spend"\nsignal = "demand"\nhistory = {{ {record} }}'
    text = TOWN.replace('use = "mean_reversion"\nname = "demand"\nsignal = "demand"\nlevel = { value = 700, unit = "USD/week", source = "S1" }', replay)
    spec = loads(text.replace('"demand.level" = "1400 USD/week"', '"spend.hold" = 7').replace("demand.level", "jobs.burn_limit"))
    values = spec.value("spend.values")
    assert len(values) == 84
    assert abs(values[0] - 2 * Decimal("75490.00") / 7) < Decimal("1e-20")
    told = next(p for p in spec.provenance if p.path == "spend.values")
    assert (told.value, told.source, told.unit) == ("84 values", "S1", "USD/day")


def test_facts_are_declared_or_missing() -> None:
    audit, governance = SPEC.disclosure.audit, SPEC.disclosure.governance
    assert audit is not None
    assert governance is not None
    assert (audit.auditors, audit.audited_share, audit.date, audit.bug_bounty) == (("A", "B"), Decimal("0.9"), date(2023, 11, 1), None)
    assert governance.holders == (3, 4, 5)
    assert governance.proposals is not None
    assert governance.proposals[0].moved_total == 20
    assert SPEC.disclosure.market is None


def test_presets_are_found_by_name_and_all_are_sound() -> None:
    for name in presets():
        spec = load(name)
        assert loads(spec.text).hash == spec.hash
    with pytest.raises(SpecError, match="MT124"):
        load("no_such_network")


def test_a_rule_that_fails_is_told_at_the_line_of_its_table_and_with_its_own() -> None:
    class Broken(Mechanism):
        """Adds tokens to dollars."""

        name = "spec_broken"

        class Params(Parameters):
            place: Ref = account("market/token", "tokens")
            money: Ref = account("market/fiat", "dollars")

        def step(self, p, state, signals, ctx):
            return [], {"x": state[p.place] + state[p.money]}

    (fault,) = check(TOWN + '[[mechanism]]\nuse = "spec_broken"\n', "town.toml")
    assert fault.code == "MT207"
    assert (fault.file, fault.text) == ("town.toml", "[[mechanism]]")
    assert "test_spec.py:" in fault.hint
    assert "state[p.place] + state[p.money]" in fault.hint


@settings(max_examples=100, deadline=None)
@given(st.decimals(min_value=0, max_value=1, places=6), st.integers(1, 10**6))
def test_what_is_set_is_what_is_read(share: Decimal, start: int) -> None:
    variant = SPEC.with_values({"jobs.burn_limit": share + Decimal("0.000001") if share < 1 else share, "price.start": start, "emission.base": f"{start} TOK"})
    assert variant.value("jobs.burn_limit") in (share, share + Decimal("0.000001"))
    assert variant.value("price.start") == variant.value("emission.base") == start
    assert variant.with_values({"price.start": 2, "jobs.burn_limit": 1, "emission.base": 1}).economy().digest() == SPEC.economy().digest()
