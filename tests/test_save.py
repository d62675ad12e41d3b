"""What can be kept of a run: names that exist are read, all others are refused with the nearest one, and choices are checked at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mintage as mt
from mintage.errors import UsageError
from mintage.save import Observer, Save, variables
from mintage.simulate import simulate
from tests.spec.cases import TOWN

town = mt.loads(TOWN, "town.toml").economy()
render = mt.load("render").economy()


def kept(economy, *names):
    return simulate(economy, 3, 8, save=Save(vars=names)).end


def test_every_name_that_is_listed_can_be_kept():
    for economy in (town, render):
        assert list(kept(economy, *variables(economy))) == variables(economy)


@pytest.mark.parametrize(("base", "rows"), [("price", 1), ("work", 3), ("providers/RENDER", 3), ("market/USD", 1)])
def test_rows_are_those_that_there_are(base, rows):
    names = [f"{base}[{i}]" for i in range(rows)]
    assert list(kept(render, *names)) == names
    for row in (rows, 9, 10**8):
        with pytest.raises(UsageError, match=rf"MT502 {base}\[{row}\]: no such row.*did you mean '{base}"):
            Observer(render, [f"{base}[{row}]"])


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("mint/XXX", "mint/USD"),
        ("burn/", "burn/USD"),
        ("burn/RENDR", "burn/RENDER"),
        ("functional/FOO", "functional/USD"),
        ("out:nosuch/USD", "out:issuance/USD"),
        ("out:foundaton/RENDER", "out:foundation/RENDER"),
        ("tag:revenu/USD", "tag:revenue/USD"),
        ("flow:jobs.brn", "flow:jobs."),
        ("price[", "price"),
        ("price[x]", "price"),
        ("price[0]]", "price"),
        ("price[-1]", "price"),
        ("supply/RENDER[0]", "supply/RENDER"),
        ("circulating/RENDER[0]", "circulating/RENDER"),
        ("providers/XXX", "providers"),
        (f"price[{'9' * 5000}]", ""),
        ("", ""),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_the_nearest_one(name, near):
    with pytest.raises(UsageError, match=r"^MT502 ") as caught:
        Observer(render, [name])
    fault = caught.value.faults[0]
    assert fault.expected
    assert near in fault.hint


def test_an_amount_that_nobody_moves_is_zero_and_not_unknown():
    end = kept(town, "burn/USD", "functional/USD", "out:team/TOK", "out:market/TOK")
    assert [bool(v.any()) for v in end.values()] == [False, False, False, True]


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({"every": 1.5}, "every is 1.5"),
        ({"every": -1}, "every is -1"),
        ({"every": "7"}, "every is '7'"),
        ({"every": True}, "every is True"),
        ({"vars": "price"}, "vars is 'price'"),
        ({"vars": 5}, "vars is 5"),
        ({"vars": ("price", 5)}, "vars is"),
        ({"quantiles": 0.5}, "quantiles is 0.5"),
        ({"quantiles": (0.5, 1.5)}, "quantiles is"),
        ({"quantiles": ("0.5",)}, "quantiles is"),
        ({"quantiles": (float("nan"),)}, "quantiles is"),
    ],
)
def test_an_impossible_choice_is_refused_when_it_is_made(choice, found):
    with pytest.raises(UsageError, match=r"^MT501 Save: ") as caught:
        Save(**choice)
    fault = caught.value.faults[0]
    assert fault.found.startswith(found)
    assert fault.expected


def test_a_list_of_names_and_numpy_s_numbers_are_as_good_as_a_tuple_of_python_s():
    assert Save(every=np.int64(7), vars=["price"], quantiles=np.array([0.5])) == Save(every=7, vars=("price",), quantiles=(0.5,))


SIZES = {"paths": 3, "steps": 2, "seed": 1, "workers": 1, "chunk": 256}


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("value", [1.5, "5", True, -5, 2**200, 1.0, Fraction(2), float("nan"), [1]])
def test_sizes_of_a_run_are_whole_numbers_in_their_range(name, value):
    with pytest.raises(UsageError, match=r"^MT503 simulate: ") as caught:
        simulate(town, **SIZES | {name: value})
    fault = caught.value.faults[0]
    assert fault.found.startswith(f"{name} is ")
    assert fault.expected.startswith("a whole number from ")


def test_a_run_of_nothing_is_refused_and_numpy_s_whole_numbers_are_taken():
    for name in ("paths", "steps", "workers", "chunk"):
        with pytest.raises(UsageError, match=rf"MT503.*{name} is 0"):
            simulate(town, **SIZES | {name: 0})
    with pytest.raises(UsageError, match=r"MT503.*steps is None"):
        simulate(town, 3)
    run = simulate(town, **{k: np.int64(v) for k, v in SIZES.items()})
    assert run.manifest == simulate(town, **SIZES).manifest
    assert type(run.manifest.seed) is int
