"""Every fault in one go: no fault hides another, none is told twice, and a rule's own fault has its mechanism and line."""

from __future__ import annotations

import pytest

from mintage.accounts import Account
from mintage.errors import SpecError
from mintage.flows import Flow
from mintage.mechanisms.base import Mechanism, Number, Parameters, Ref, account, number
from mintage.spec import check, loads
from tests.spec.cases import TOWN


class Place(Parameters):
    """Where tokens are, where money is, and a number that may be zero."""

    place: Ref = account("market/token", "tokens")
    money: Ref = account("market/fiat", "dollars")
    part: Number = number("0", "1", "a divisor")


class Mixed(Mechanism):
    """Adds tokens to dollars."""

    name = "together_mixed"
    Params = Place

    def step(self, p, state, signals, ctx):
        return [Flow(p.place, Account("providers", "TOK"), state[p.place] + state[p.money], "x")], {}


class Astray(Mechanism):
    """Pays an account that nobody has."""

    name = "together_astray"
    Params = Place

    def step(self, p, state, signals, ctx):
        return [Flow(p.place, Account("provider", "TOK"), 0 * state[p.place], "x")], {}


class Divides(Mechanism):
    """Divides by a parameter in its rule."""

    name = "together_divides"
    Params = Place

    def step(self, p, state, signals, ctx):
        return [Flow(p.place, Account("providers", "TOK"), state[p.place] * (p.part / p.part), "x")], {}


class Derives(Mechanism):
    """Divides by a parameter once."""

    name = "together_derives"
    Params = Place

    def derive(self, p, xp):
        return {"inverse": 1 / p.part}

    def step(self, p, state, signals, ctx):
        return [], {}


class Opens(Derives):
    """Divides where it makes its lots, which is before there is an economy."""

    name = "together_opens"

    def derive(self, p, xp):
        return {}

    def lots(self, p):
        return {p.place: int(1 / p.part)}


class Remembers(Opens):
    """Divides where it makes its memory."""

    name = "together_remembers"

    def lots(self, p):
        return {}

    def memory(self, p, make):
        return {"x": make(1 / p.part)}


class Validates(Opens):
    """Divides where it checks itself."""

    name = "together_validates"

    def lots(self, p):
        return {}

    def validate(self, p):
        return [("part", str(1 / p.part), "")]


def using(name: str, text: str = TOWN) -> str:
    return text + f'[[mechanism]]\nuse = "{name}"\n'


OWN = {
    "together_astray": ("MT203", "step", "def step", "provider/TOK: no such account"),
    "together_divides": ("MT210", "step", "p.part / p.part", "ZeroDivisionError: float division by zero"),
    "together_derives": ("MT122", "derive", "1 / p.part", "ZeroDivisionError"),
    "together_opens": ("MT122", "lots", "1 / p.part", "DivisionByZero"),
    "together_remembers": ("MT122", "memory", "1 / p.part", "ZeroDivisionError"),
    "together_validates": ("MT122", "validate", "1 / p.part", "DivisionByZero"),
}


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("typo", [False, True])
def test_a_fault_of_a_mechanism_names_its_use_its_table_and_its_own_line(name: str, typo: bool) -> None:
    code, what, line, found = OWN[name]
    if typo and name == "together_divides":
        return  # a sample run needs a file that is sound
    told = check(using(name, TOWN.replace("decimals = 8", "decimal = 8") if typo else TOWN), "town.toml")
    assert len(told) == 1 + typo
    fault = told[-1]
    assert (fault.code, fault.file, fault.line, fault.text) == (code, "town.toml", 92, "[[mechanism]]")
    assert fault.where.startswith(f"{name} ({name}.{what})")
    assert found in fault.found
    assert "test_together.py:" in fault.hint
    assert line in fault.hint


def test_a_variant_whose_mechanism_fails_is_refused() -> None:
    sound = loads(using("together_derives") + "part = 2\n")
    with pytest.raises(SpecError, match=r"MT122 .*together_derives \(together_derives.derive\): ZeroDivisionError"):
        sound.with_values({"together_derives.part": 0})


TYPOS = {
    "a key of an account": ('role = "insider"\n\n', 'rolle = "insider"\n\n', "MT104"),
    "a key of the account that the rule pays": ('role = "provider"', 'rolle = "provider"', "MT104"),
    "a key of its asset": ("decimals = 8", "decimal = 8", "MT104"),
    "a number of its asset": ("decimals = 8", "decimals = 99", "MT109"),
    "a key of a signal": ('demand = { unit = "fiat/day",', 'demand = { dock = "", unit = "fiat/day",', "MT104"),
    "a use": ('use = "burn_mint"', 'use = "burn_mnt"', "MT111"),
    "a source": ('value = 0.95, source = "S1"', 'value = 0.95, source = "S2"', "MT115"),
    "a parameter": ('volatility = "80 %"', "volatility = -1", "MT109"),
    "an account of a payee": ('to = "providers/fiat"', 'to = "provider/fiat"', "MT112"),
    "a role": ('price = "price"', 'price = "pric"', "MT114"),
    "a supply": ("genesis = 1_100_000", "genesis = 1_000_000", "MT119"),
    "shares": ("share = 0.05 } ]", "share = 0.06 } ]", "MT202"),
    "a signal that is read": ('name = "price"\nsignal = "price"', 'name = "price"\nsignal = "prise"', "MT206"),
    "a scenario": ('"price.drift" = 0.5', '"price.drft" = 0.5', "MT116"),
    "a tranche": ("amount = 100_000", "amount = -1", "MT109"),
    "a start that is no date": ("start = 2024-01-01\n", 'start = "soon"\n', "MT108"),
}


@pytest.mark.parametrize("typo", TYPOS)
def test_a_fault_elsewhere_does_not_hide_one_of_a_rule(typo: str) -> None:
    old, new, code = TYPOS[typo]
    assert TOWN.count(old) == 1
    found = check(using("together_mixed", TOWN.replace(old, new)), "town.toml")
    assert [f.code for f in found if f.code != "MT207"] == [code]
    assert [(f.line, f.found) for f in found if f.code == "MT207"] == [(92 + new.count("\n") - old.count("\n"), "cannot add TOK and USD")]


BAD = [
    ("jobs.burn_share", "2", "MT109"),
    ("price.volatility", "-1", "MT109"),
    ("emission.every", '"36 hours"', "MT120"),
    ("jobs.payees.0.share", "0.06", "MT202"),
]
SCENARIOS = "".join(f'[scenario.bad{i}]\nset = {{ "{path}" = {value} }}\n' for i, (path, value, _) in enumerate(BAD))


@pytest.mark.parametrize("typo", [None, *TYPOS])
def test_each_scenario_is_examined_whatever_else_is_wrong(typo: str | None) -> None:
    old, new, code = TYPOS[typo] if typo else ("", "", "")
    found = check((TOWN.replace(old, new) if typo else TOWN) + SCENARIOS, "town.toml")
    assert [f.code for f in found if not f.where.startswith("bad")] == [code][: bool(typo)]
    told = {f.where.partition(":")[0]: f.code for f in found if f.where.startswith("bad")}
    hidden = {"a use": {"bad0", "bad3"}, "a source": {"bad3"}, "a parameter": {"bad1"}, "shares": {"bad3"}}.get(typo or "", set())
    assert told == {f"bad{i}": wrong for i, (_, _, wrong) in enumerate(BAD) if f"bad{i}" not in hidden}


def test_a_scenario_is_told_its_own_faults_only() -> None:
    text = TOWN + '[scenario.worse]\nextends = "wrong"\nset = { "price.volatility" = -1 }\n[scenario.wrong]\nset = { "jobs.burn_share" = 2 }\n'
    text = text.replace("genesis = 1_100_000", "genesis = 1_000_000")
    assert [(f.code, f.where, f.line) for f in check(text)] == [
        ("MT119", "assets.TOK.genesis", 12),
        ("MT109", "worse: price.volatility", 94),
        ("MT109", "wrong: jobs.burn_share", 96),
    ]


def test_a_value_of_a_scenario_is_examined_in_a_table_with_a_fault_of_its_own() -> None:
    text = TOWN.replace("burn_share = {", "burn_shar = {") + '[scenario.one]\nset = { "jobs.burn_limit" = -1, "jobs.payees.7.share" = 1, "jobs.nosuch" = 1 }\n'
    assert {(f.code, f.where) for f in check(text)} == {
        ("MT104", "jobs.burn_shar"),
        ("MT109", "one: jobs.burn_limit"),
        ("MT104", "one: jobs.nosuch"),
        ("MT116", "jobs.payees.7.share"),
    }


def test_an_account_that_must_be_there_is_not_empty() -> None:
    (fault,) = check(TOWN.replace('account = "team/token"', 'account = ""'))
    assert (fault.code, fault.where, fault.line) == ("MT112", "allocation.team.account", 48)


@pytest.mark.parametrize("path", ["jobs.payees.to", "jobs.0", "jobs.burn_shar.0", "jobs.payees.9", "emission.budgets.0.value.0", "jobs", "jobs.payees"])
def test_no_place_in_a_table_with_a_fault_ends_a_check(path: str) -> None:
    text = TOWN.replace("burn_share = {", "burn_shar = {").replace("recipients = [", "recipient = [")
    found = check(text + f'[scenario.one]\nset = {{ "{path}" = 1 }}\n')
    assert {f.code for f in found} <= {"MT104", "MT107", "MT108", "MT116"}
    assert len(found) >= 3
