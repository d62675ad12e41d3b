"""A mechanism that is switched off has its accounts and memory, but no step, no events and no genesis; a scenario switches it on."""

from __future__ import annotations

import numpy as np
import pytest

import mintage as mt
from mintage.errors import RunError, SpecError
from mintage.live.entries import Event
from mintage.live.service import LiveNetwork
from mintage.mechanisms.base import REGISTRY, Mechanism, Number, Parameters, number

TEXT = """
[network]
name = "two fees"
token = "TOK"
fiat = "USD"
step = "1 day"
horizon = "30 days"

[assets.TOK]
genesis = 1000

[assets.USD]
form = "fiat"

[accounts.holders]
holds = ["TOK"]
opening = { TOK = 1000 }
members = "open"

[accounts.staked]
holds = ["TOK"]
members = "holders"

[accounts.unbonding]
holds = ["TOK"]
members = "holders"

[signals.used]
unit = "1"
start = 0.9

[signals.fee]
unit = "USD/job"
start = 1

[[mechanism]]
use = "dynamic_fee"
name = "slow"
utilisation = "used"
phi = 0.1
low = 0.1
high = 100

[[mechanism]]
use = "dynamic_fee"
name = "fast"
active = false
utilisation = "used"
phi = 0.5
low = 0.1
high = 100

[[mechanism]]
use = "staking"
name = "stakes"
active = false

[scenario.fast]
set = { "slow.active" = false, "fast.active" = true, "stakes.active" = true }

[scenario.both]
set = { "fast.active" = true }
"""


def fee(spec):
    return float(np.asarray(mt.simulate(spec, 1, 1, save=mt.Save(every=1, vars=("fee",), paths=True))["fee"])[-1, 0])


def test_only_the_active_one_of_two_writers_runs_and_a_scenario_swaps_them():
    spec = mt.loads(TEXT.replace('[scenario.both]\nset = { "fast.active" = true }', ""))
    assert fee(spec) == pytest.approx(1 + 0.1 * 0.8)
    assert fee(spec.scenario("fast")) == pytest.approx(1 + 0.5 * 0.8)
    assert spec.economy().accounts == spec.scenario("fast").economy().accounts
    assert spec.economy().digest() != spec.scenario("fast").economy().digest()


def test_two_active_writers_of_one_signal_are_refused():
    with pytest.raises(SpecError) as refused:
        mt.loads(TEXT)
    assert {f.code for f in refused.value.faults} == {"MT205"}


@pytest.mark.parametrize("value", ["1", '"no"', "[]"])
def test_active_is_true_or_false(value):
    with pytest.raises(SpecError) as refused:
        mt.loads(TEXT.replace("active = false", f"active = {value}", 1))
    assert "MT108" in {f.code for f in refused.value.faults}


def test_events_of_an_inactive_mechanism_are_not_offered_live():
    spec = mt.loads(TEXT.replace('[scenario.both]\nset = { "fast.active" = true }', ""))
    with LiveNetwork.open("memory:", spec, secret=b"x") as live:
        assert {info.call for info in live.catalog()} == set()
        with pytest.raises(RunError) as refused:
            live.do(Event(id="1", call="stakes", event="stake", roles={"staker": "@0"}, arguments={"amount": "1"}))
    assert refused.value.faults[0].code == "MT811"


def test_an_inactive_mechanism_stands_still_in_a_compiled_loop_too():
    spec = mt.loads(TEXT.replace('[scenario.both]\nset = { "fast.active" = true }', ""))
    a, b = (mt.simulate(spec, 2, 5, engine=engine, save=mt.Save(vars=("fee",))).end["fee"] for engine in ("numpy", "jax"))
    assert b == pytest.approx(a)


def test_a_parameter_that_a_spec_could_never_set_is_refused_where_it_is_defined():
    class Params(Parameters):
        active: Number = number("1", "1", "swallowed by the table's own key")

    with pytest.raises(SpecError) as refused:
        type("Swallowed", (Mechanism,), {"name": "swallowed_for_tests", "Params": Params})
    assert [f.code for f in refused.value.faults] == ["MT217"]
    assert "swallowed_for_tests" not in REGISTRY


def test_an_opening_balance_on_lots_is_refused_because_nobody_could_say_in_which():
    """It was added to each of them: three times as much as was issued."""
    sound = TEXT.replace('[scenario.both]\nset = { "fast.active" = true }', "")
    text = sound.replace('[accounts.unbonding]\nholds = ["TOK"]', '[accounts.unbonding]\nholds = ["TOK"]\nopening = { TOK = 5 }')
    with pytest.raises(SpecError) as refused:
        mt.loads(text.replace("genesis = 1000", "genesis = 1005"))
    assert {f.code for f in refused.value.faults} == {"MT218"}
