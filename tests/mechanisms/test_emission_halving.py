"""Halvings: a call of many blocks is the blocks one by one, the cap is never passed, and only what is recycled puts a halving off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.arithmetic_exact import EXACT
from mintage.mechanisms.emission_halving import block_emission
from mintage.save import Save
from mintage.simulate import simulate

from .network import BURNED, MARKET, POOL, D, amounts, economy, exactly, signals, use
from .village import Play

CAP = 1000
SHOWN = {"rate": ("TOK/day", "0"), "era": ("1", "0")}
TO_MARKET = ({"to": "market/TOK", "share": 1},)


def chain(opening=None, every=1, others=(), **params):
    params = {"cap": CAP, "base": "2", "blocks": 1, "places": 8, "recipients": TO_MARKET, "rate": "rate", "era": "era", **params}
    return economy(*others, use("emission", "halving_emission", every, **params), signals=SHOWN, opening=opening or {}, cap=D(CAP))


@settings(max_examples=30, deadline=None)
@given(held=st.integers(0, 999), blocks=st.integers(1, 400), data=st.data())
def test_a_call_of_many_blocks_is_the_blocks_one_by_one(held, blocks, data):
    """Path independence, wherever the blocks are cut: against the chain's integers too."""
    first = data.draw(st.integers(0, blocks))
    issued = held * 10**8
    for _ in range(blocks):
        issued += block_emission(issued, CAP * 10**8, 2 * 10**8)
    whole = exactly(chain({MARKET: held}, blocks=blocks, halvings=5), "emission")[0][0].amount[0, 0]
    assert whole == D(issued) / 10**8 - held
    two = Play(chain({MARKET: held}, blocks=max(first, 1), halvings=5), EXACT).steps(1 if first else 0)[MARKET][0]
    rest = exactly(chain({MARKET: D(str(two))}, blocks=max(blocks - first, 1), halvings=5), "emission")[0][0].amount[0, 0]
    assert D(str(two)) - held + (rest if blocks > first else 0) == whole


@settings(max_examples=25, deadline=None)
@given(low=st.decimals("0", "1000", places=8), high=st.decimals("0", "1000", places=8), blocks=st.integers(1, 200))
def test_more_issuance_never_mints_more_and_no_issuance_passes_the_cap(low, high, blocks):
    low, high = sorted((low, high))
    paid = [exactly(chain({MARKET: held}, blocks=blocks, halvings=3), "emission")[0][0].amount[0, 0] for held in (low, high)]
    assert paid[0] >= paid[1] >= 0
    assert low + paid[0] <= CAP
    assert high + paid[1] <= CAP


def test_a_step_that_crosses_two_thresholds_pays_three_rates():
    # eras of 250 blocks: 500 at 2, 250 at 1, then 0.5 a block
    flows, shown = exactly(chain(blocks=600, halvings=2, every=3), "emission")
    assert amounts(flows, "emit") == 500 + 250 + 50
    assert signals((flows, shown)) == {"rate": [pytest.approx(800 / 3)], "era": [2]}


def test_recycled_tokens_put_a_halving_off_and_burned_ones_do_not():
    def rate(opening, **more):
        flows, _ = exactly(chain(opening, **more), "emission")
        return amounts(flows, "emit")

    assert rate({MARKET: 500}) == 1
    assert rate({MARKET: 400, BURNED: 100}) == 1
    assert rate({MARKET: 499, BURNED: 1}) == 1
    assert rate({MARKET: 400, POOL: 100}, recycled="pool/TOK") == 2
    assert rate({MARKET: 499, POOL: D("1.00000001")}, recycled="pool/TOK") == 2  # by one base unit
    assert rate({MARKET: 500, POOL: 0}, recycled="pool/TOK") == 1


def test_what_is_recycled_leaves_supply_and_can_be_minted_again():
    others = (use("registration", "grants", pool="market/TOK", recipients=({"to": "pool/TOK", "share": 1},), budget=({"value": "0.5"},)),)
    # call n + 1 begins with an issuance of 2 n, or, with half a token recycled at each, of 1.5 n
    for e, first in ((chain(), 251), (chain(others=others, recycled="pool/TOK"), 335)):
        run = simulate(e, 1, 400, save=Save(every=1, vars=("supply/TOK", "rate"), paths=True))
        halving = next(i for i, rate in enumerate(run["rate"][:, 0]) if rate == 1)
        assert halving == first
        assert run["supply/TOK"].max() < CAP


def test_the_amount_is_split_among_recipients():
    e = chain(recipients=({"to": "pool/TOK", "share": "0.18"}, {"to": "market/TOK", "share": "0.82"}), blocks=10)
    assert [f.amount[0, 0] for f in exactly(e, "emission")[0]] == [D("3.6"), D("16.4")]


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("recipients", {"recipients": ({"to": "market/TOK", "share": "0.9"},)}),
        ("halvings", {"blocks": 249}),
        ("halvings", {"blocks": 498, "halvings": 2, "base": "2.01"}),
    ],
)
def test_what_cannot_be_meant_is_a_fault(field, params):
    assert [(f.code, f.where) for f in chain(**params).check()] == [("MT202", f"emission.{field}")]


def test_the_rule_is_sound():
    assert chain(recycled="pool/TOK").check() == []
    assert chain(blocks=248).check() == []
