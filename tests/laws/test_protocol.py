"""Each rule of the protocol, and what the engine does when a mechanism breaks it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.arithmetic import NUMPY
from mintage.economy import Economy, SignalDecl, post
from mintage.errors import RunError, SpecError, UsageError
from mintage.flows import Flow, burn, mint
from mintage.mechanisms.base import Context, Mechanism, Noise, Number, Parameters, Ref, State, Use, account, number, reads, writes
from mintage.save import Save
from mintage.simulate import simulate

from .town import HOLDERS, Stakers, town

TOK = Account("liquid", "TOK")


def economy(mechanism: type[Mechanism], holders: int = 1, **changes):
    kinds = {"liquid": Kind("liquid", ("TOK", "USD"), holders=holders), "few": Kind("few", ("TOK",), holders=3)}
    parts = {"name": "t", "assets": {"TOK": Asset("TOK"), "USD": Asset("USD", 2, "fiat")}, "kinds": kinds, "dt": Decimal(1), "opening": {TOK: Decimal(100)}}
    parts["signals"] = {"price": SignalDecl("price", "USD/TOK", Decimal(2)), "level": SignalDecl("level", "1", Decimal(1))}
    return Economy(**{**parts, "uses": [Use("m", mechanism(), mechanism.Params())], **changes})


def rule(body, name="", **traits):
    """A mechanism from one function body."""

    class Made(Mechanism):
        class Params(Parameters):
            liquid: Ref = account("liquid/TOK", "")
            dollars: Ref = account("liquid/USD", "")
            price: Ref = reads("price", "USD/TOK", "")
            level: Ref = writes("level", "1", "")
            part: Number = number("0.5", "1", "")

        def step(self, p, state, signals, ctx):
            return body(p, state, signals, ctx)

    for key, value in traits.items():
        setattr(Made, key, value)
    return Made


WRONG = {
    "adds tokens to dollars": (lambda p, s, g, c: ([burn(p.liquid, s[p.liquid] + s[p.dollars])], {}), "MT207"),
    "pays a price as an amount": (lambda p, s, g, c: ([burn(p.liquid, g[p.price])], {}), "MT207"),
    "compares raw": (lambda p, s, g, c: ([burn(p.liquid, s[p.liquid] * (s[p.liquid] < p.part))], {}), "MT220"),
    "branches on an array": (lambda p, s, g, c: ([burn(p.liquid, s[p.liquid])] if s[p.liquid] else [], {}), "MT221"),
    "float literal": (lambda p, s, g, c: ([burn(p.liquid, s[p.liquid] * 0.5)], {}), "MT226"),
    "writes in place": (lambda p, s, g, c: (s[p.liquid].__setitem__(0, 1), {}), "MT224"),
    "writes a balance": (lambda p, s, g, c: (s.balances.__setitem__(p.liquid, 1), {}), "MT204"),
    "NumPy called directly": (lambda p, s, g, c: ([burn(p.liquid, np.floor(s[p.liquid]))], {}), "MT223"),
    "an error of its own": (lambda p, s, g, c: ([burn(p.liquid, p.no_such_parameter)], {}), "MT210"),
    "unknown account": (lambda p, s, g, c: ([burn(Account("likuid", "TOK"), s[p.liquid])], {}), "MT203"),
    "unknown signal": (lambda p, s, g, c: ([], {"level": g["prise"]}), "MT203"),
    "another's signal": (lambda p, s, g, c: ([], {"price": g[p.price]}), "MT209"),
    "two assets in a flow": (lambda p, s, g, c: ([Flow(p.liquid, p.dollars, s[p.liquid], "x")], {}), "MT211"),
    "signal changes unit": (lambda p, s, g, c: ([], {p.level: g[p.price]}), "MT207"),
    "not a flow": (lambda p, s, g, c: ([("liquid", "burned", 1)], {}), "MT208"),
    "exponential of dollars": (lambda p, s, g, c: ([], {p.level: c.xp.exp(g[p.price])}), "MT207"),
    "populations that do not fit": (lambda p, s, g, c: ([Flow(p.liquid, Account("few", "TOK"), p.part * s[p.liquid], "x")], {}), "MT212"),
}


@pytest.mark.parametrize("what", WRONG)
def test_check_names_mechanism_file_and_line(what):
    body, code = WRONG[what]
    faults = economy(rule(body), holders=5).check()
    assert [f.code for f in faults] == [code]
    assert (faults[0].where.startswith("m (") and "expected" in str(faults[0])) or code == "MT203"
    if code not in ("MT203", "MT207", "MT208", "MT209", "MT211", "MT212"):
        assert faults[0].file == "test_protocol.py"
        assert faults[0].line > 0


def test_check_of_a_sound_economy_is_empty_and_its_flows_are_known():
    assert town().check() == []
    arrows = {f.arrow for f in town().flow_table}
    assert "stakers.mature:unbonding/TOK>liquid/TOK" in arrows
    assert "deposits.pend:liquid/TOK>liquid_held/TOK" in arrows


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (lambda p, s, g, c: ([Flow(p.liquid, Account("burned", "TOK"), -p.part * s[p.liquid], "x")], {}), "MT301"),
        (lambda p, s, g, c: ([burn(p.liquid, 3 * s[p.liquid])], {}), "MT302"),
        (lambda p, s, g, c: ([burn(p.liquid, s[p.liquid] * c.xp.log(-p.part))], {}), "MT303"),
        (lambda p, s, g, c: ([], {p.level: 1 / (g[p.level] - g[p.level])}), "MT306"),
        (lambda p, s, g, c: ([mint(p.liquid, s[p.liquid])], {}), "MT304"),
    ],
)
def test_a_run_that_breaks_a_law_stops_and_says_where(body, code):
    e = economy(rule(body), assets={"TOK": Asset("TOK", cap=Decimal(150)), "USD": Asset("USD", 2, "fiat")})
    with pytest.raises(RunError, match=code) as error:
        simulate(e, 10, 3)
    assert "step 0" in str(error.value) or code == "MT306"
    assert "path 0" in str(error.value)
    assert any(f.code == code for f in e.check())


def test_a_value_that_is_not_finite_for_one_step_never_reaches_a_result():
    def blink(p, s, g, c):
        return [], {p.level: 1 / (c.t - 3) + 0 * g[p.level]} if c.t != 3 else {p.level: g[p.level] / 0}

    with pytest.raises(RunError, match="MT306 level, after step 3, path 0"):
        simulate(economy(rule(blink)), 10, 6, save=Save(every=1, vars=("level",), paths=True))


def test_arrays_handed_out_can_not_be_changed_by_noise_refills():
    kept = []

    class Keeper(rule(lambda p, s, g, c: (kept.append((c.noise["u"], c.noise["u"].copy())), ([], {}))[1])):
        noise = {"u": Noise("uniform")}

    simulate(economy(Keeper), 10, 40)
    assert all(np.array_equal(view, copy) for view, copy in kept[-40:])


def test_uniforms_are_multiples_of_two_to_the_minus_32():
    seen = []

    class Looker(rule(lambda p, s, g, c: (seen.append(c.noise["u"]), ([], {}))[1])):
        noise = {"u": Noise("uniform")}

    simulate(economy(Looker), 300, 3)
    k = np.concatenate([np.ravel(s) for s in seen[-3:]]) * 2.0**32
    assert np.all(k == np.floor(k))
    assert k.min() >= 0
    assert k.max() < 2**32


LATE = {
    "writes a balance": (lambda p, s, g, c: (c.t > 2 and s[p.liquid].__setitem__(0, 1), ([], {}))[1], "MT204"),
    "writes a signal": (lambda p, s, g, c: (c.t > 2 and g[p.price].__setitem__(slice(None), 9), ([], {}))[1], "MT204"),
    "adds to a signal": (lambda p, s, g, c: (c.t > 2 and np.add(g[p.price], 1, out=g[p.price]), ([], {}))[1], "MT204"),
    "fails": (lambda p, s, g, c: ([], {p.level: 1 / (c.t - 3) * g[p.level]}), "MT210"),
}


@pytest.mark.parametrize("what", LATE)
def test_a_rule_that_misbehaves_later_stops_the_run_and_is_named(what):
    """`check` runs the first step only; what a rule does at step 3 is held to the same."""
    body, code = LATE[what]
    with pytest.raises(RunError, match=rf"{code} m \(.*step\), step 3"):
        simulate(economy(rule(body)), 4, 10)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, HOLDERS - 1), st.integers(0, 10**6)), min_size=1, max_size=12))
def test_rows_named_twice_receive_twice(moves):
    bound = town().bind(NUMPY)
    balances = dict(bound.start(1).balances)
    rows, amounts = np.array([m[0] for m in moves]), np.array([[float(m[1])] for m in moves])
    before = balances[TOK].copy()
    post(NUMPY, balances, Flow(Account("issuance", "TOK"), TOK, amounts, "gift", None, rows))
    for h in range(HOLDERS):
        assert balances[TOK][h, 0] - before[h, 0] == sum(a for r, a in moves if r == h)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(HOLDERS)), st.lists(st.integers(0, 20_000), min_size=HOLDERS, max_size=HOLDERS))
def test_an_order_free_event_is_the_same_at_once_or_one_by_one(order, amounts):
    e = town()
    bound = e.bind(NUMPY)
    call = next(c for c in bound.calls if c.name == "stakers")
    ctx = Context(NUMPY, 0, 1.0, {}, {})
    wanted = np.array([[float(a)] for a in amounts])

    def play(batches):
        balances = dict(bound.start(1).balances)
        for rows in batches:
            flows, _ = Stakers().stake(call.p, State(balances, {}), {}, ctx, {"staker": rows}, wanted[rows])
            for f in flows:
                post(NUMPY, balances, f)
        return balances[Account("staked", "TOK")]

    assert Stakers.events["stake"].order_free
    assert np.array_equal(play([np.arange(HOLDERS)]), play([np.array([h]) for h in order]))


def test_a_lot_matures_after_its_slots_and_no_sooner():
    run = simulate(town(), 50, 12, save=Save(every=1, vars=("flow:stakers.unbond", "flow:stakers.mature"), paths=True))
    out, back = run["flow:stakers.unbond"][1:], run["flow:stakers.mature"][1:]
    assert np.all(back[:3] == 0)
    assert np.allclose(back[3:], out[:-3], rtol=1e-12)


def test_a_hold_posts_its_part_and_returns_the_rest():
    run = simulate(town(), 5, 11, save=Save(every=1, vars=("flow:deposits.pend", "flow:deposits.post", "flow:deposits.post_rest", "treasury/TOK"), paths=True))
    pend, posted, rest = (run[f"flow:deposits.{n}"] for n in ("pend", "post", "post_rest"))
    assert np.all(pend[1] > 0)
    assert np.allclose(posted[6], pend[1] / 2)
    assert np.allclose(rest[6], pend[1] / 2)
    assert np.array_equal(run["treasury/TOK"][-1], posted.sum(axis=0))


def test_a_mechanism_called_each_fifth_step_sees_five_days():
    spans = []
    e = economy(rule(lambda p, s, g, c: (spans.append((c.t, c.dt)), ([], {}))[1]))
    use = e.uses[0]
    simulate(
        Economy(
            "t",
            e.assets,
            dict(e.kinds.items()),
            e.signals,
            [Use("m", use.mechanism, use.params, every=5, offset=2)],
            Decimal(1),
            opening=e.opening,
        ),
        4,
        14,
    )
    assert [s for s in spans if isinstance(s[1], float)] == [(2, 5.0), (7, 5.0), (12, 5.0)]  # the rest is check's dry call


def test_two_writers_unknown_signals_and_twin_names_are_found_together():
    made = rule(lambda p, s, g, c: ([], {}))
    uses = [Use("m", made(), made.Params()), Use("m", made(), made.Params(price="prise"))]
    codes = {f.code for f in economy(made, uses=uses).check()}
    assert codes == {"MT201", "MT205", "MT206"}


def test_an_unknown_account_names_the_nearest():
    with pytest.raises(SpecError, match="liquid/TOK"):
        town().holders(Account("liqiud", "TOK"))


def test_a_name_stands_for_one_mechanism_and_may_be_defined_again_by_itself():
    from mintage.mechanisms import find, load_builtin

    load_builtin()
    gbm = find("gbm")
    with pytest.raises(SpecError, match=r"MT216 mechanism 'gbm'.*mintage.processes.Gbm"):
        type("Gbm", (Mechanism,), {"name": "gbm", "__module__": "mine"})
    assert find("gbm") is gbm
    first, again = (type("Odd", (Mechanism,), {"name": "odd_one", "__module__": "mine"}) for _ in range(2))
    assert find("odd_one") is again
    assert first is not again


def test_a_name_is_no_economy_and_the_error_says_how_to_load_one():
    with pytest.raises(UsageError, match=r"MT503.*mintage\.load"):
        simulate("render", 8)
