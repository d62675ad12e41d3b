"""Compute credits: AEP-76's numbers, the collateral ratio and what it stops, the queue and its attempts, and where each token rests."""

from __future__ import annotations

from decimal import Decimal as D
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.accounts import Account, Asset, Kind
from mintage.economy import Economy, SignalDecl
from mintage.errors import RunError
from mintage.mechanisms import find
from mintage.mechanisms.credits import epoch_blocks

from .network import use
from .village import Play, both

HALT, BLIND = 2, 3
AKT = {k: Account(k, "AKT") for k in ("tenants", "mint_queue", "providers", "vault", "buffer", "market", "treasury")}
ACT = {k: Account(k, "ACT") for k in ("tenants", "refund_queue", "due_queue", "providers", "vault", "issuance", "burned")}
ISSUED, MARKET_USD, CARDS = Account("issuance", "AKT"), Account("market", "USD"), Account("cards", "USD")
HOLDS = 20_000_000
SIGNALS = {
    "price": ("USD/AKT", "1"),
    "age": ("s", "0"),
    "dispute": ("1", "0"),
    "credit_status": ("1", "0"),
    "collateral_ratio": ("1", "1"),
    "epoch": ("1", "10"),
}


def vaulted(price="1", tenants=2, providers=2, every=1, step="1", before=(), **params):
    """Tenants with tokens, providers with none, and the mechanism, whose oracle can fail."""
    told = {"age": "age", "dispute": "dispute", "epoch": "epoch", "treasury": "treasury/AKT", "wallets": "cards/USD", **params}
    kinds = {
        "tenants": Kind("tenants", ("AKT", "ACT"), tenants, role="customer", members="open"),
        "cards": Kind("cards", ("USD",), tenants, role="customer", members="tenants"),
        "providers": Kind("providers", ("AKT", "ACT", "USD"), providers, role="provider", members="open"),
        "market": Kind("market", ("AKT", "USD")),
        "treasury": Kind("treasury", ("AKT",), role="treasury"),
        "buffer": Kind("buffer", ("AKT",), role="treasury", circulating=False),
        "vault": Kind("vault", ("AKT", "ACT"), role="treasury", circulating=False),
        "mint_queue": Kind("mint_queue", ("AKT",), tenants, members="tenants"),
        "refund_queue": Kind("refund_queue", ("ACT",), tenants, members="tenants"),
        "due_queue": Kind("due_queue", ("ACT",), providers, members="providers"),
    }
    assets = {"AKT": Asset("AKT", 6), "ACT": Asset("ACT", 6), "USD": Asset("USD", 6, "fiat")}
    opening = {AKT["tenants"]: D(HOLDS) * tenants, AKT["market"]: D(10**8), AKT["treasury"]: D(1000), CARDS: D(1000) * tenants}
    signals = {n: SignalDecl(n, unit, D(start)) for n, (unit, start) in {**SIGNALS, "price": ("USD/AKT", price)}.items()}
    uses = (*before, use("credits", "compute_credits", every=every, **told))
    return Economy("vaulted", assets, kinds, signals, uses, D(step), opening=opening, token="AKT", fiat="USD")


def at(play, **signals):
    """The world tells other values."""
    for name, value in signals.items():
        play.world.signals[name] = play.column(value)
    return play


def mint(play, amount, tenant=0):
    play.event("credits", "request_mint", {"tenant": tenant}, amount=amount)
    return play


def spend(play, amount, provider=0, tenant=0):
    play.event("credits", "spend", {"tenant": tenant, "provider": provider}, amount=amount)
    return play


def has(play, place):
    return sum(play[place])


def circulating(play):
    """Tokens that are neither in the vault nor waiting for it."""
    return -has(play, ISSUED) - has(play, AKT["vault"]) - has(play, AKT["buffer"]) - has(play, AKT["mint_queue"])


def bought(price, dollars, **params):
    """Plays in which a tenant has made credits for `dollars` at `price`."""
    for play in both(vaulted(price=price, **params)):
        tokens = (D(dollars) / D(price)).quantize(D("0.000001"))
        yield mint(play, tokens).steps(1), tokens


def test_ten_million_dollars_put_8_771_929_tokens_into_the_vault_and_take_8_000_000_out():
    """K3 and K4 (AEP-76): topped up at 1.14, all settled at 1.25, net -771,929."""
    for play, _ in bought("1.14", 10_000_000, mint_spread=0):
        assert has(play, AKT["vault"]) == pytest.approx(8_771_929, abs=1)
        assert has(play, ACT["tenants"]) == pytest.approx(10_000_000, abs=1e-3)
        out = circulating(play)
        spend(at(play, price="1.25"), D(str(has(play, ACT["tenants"])))).steps(1)
        assert has(play, AKT["providers"]) == pytest.approx(8_000_000, abs=1e-2)
        assert circulating(play) - out == pytest.approx(8_000_000, abs=1e-2)
        assert circulating(play) - HOLDS * 2 - 10**8 - 1000 == pytest.approx(-771_929, abs=1)
        assert has(play, ISSUED) == -(HOLDS * 2 + 10**8 + 1000)  # nothing was minted, nothing burned: the rest waits in the vault


def test_a_thousand_dollars_topped_up_at_1_14_and_settled_at_1_50():
    """K5: 877.192982 in, 666.666667 out, net -210.526316."""
    for play, tokens in bought("1.14", 1000, mint_spread=0):
        assert tokens == D("877.192982")
        spend(at(play, price="1.50"), D(str(has(play, ACT["tenants"])))).steps(1)
        assert has(play, AKT["providers"]) == pytest.approx(666.666667, abs=2e-6)
        assert has(play, AKT["vault"]) == pytest.approx(210.526316, abs=2e-6)


def test_settled_at_0_90_the_vault_pays_all_it_has_and_the_rest_is_minted():
    """AEP-76: 1,111.111111 out, net +233.918129; a higher price then never mints."""
    for play, _ in bought("1.14", 1000, mint_spread=0):
        issued = has(play, ISSUED)
        spend(at(play, price="0.90"), D(str(has(play, ACT["tenants"])))).steps(1)
        assert has(play, AKT["providers"]) == pytest.approx(1111.111111, abs=2e-6)
        assert issued - has(play, ISSUED) == pytest.approx(233.918129, abs=4e-6)
        assert has(play, AKT["vault"]) == pytest.approx(0, abs=1e-5)


BLOCKS = {"0.95": 10, "0.949": 11, "0.9451": 14, "0.94": 25, "0.93": 67, "0.91": 452, "0.90": 1173, "0": 14400}


@pytest.mark.parametrize(("ratio", "blocks"), BLOCKS.items())
def test_epochs_lengthen_below_the_warning(ratio, blocks):
    """K6 (25 blocks at 0.94), and the node's own table; read off the mechanism in a network whose ratio is that."""
    for play in both(vaulted(mint_spread=0, shortest=10)):
        mint(play, 100_000).steps(1)
        spend(at(play, price=ratio), 0 if float(ratio) else 1).steps(1)
        assert play.signal("collateral_ratio")[0] == pytest.approx(float(ratio), abs=1e-9)
        assert play.signal("epoch") == [blocks]


STATUS = {"2": 0, "0.9501": 0, "0.95009": 1, "0.95": 1, "0.9001": 1, "0.90": 2, "0.5": 2, "0": 3}


@pytest.mark.parametrize(("price", "status"), STATUS.items())
def test_the_status_follows_the_ratio_in_whole_basis_points(price, status):
    for play in both(vaulted(mint_spread=0)):
        at(mint(play, 1000).steps(1), price=price).steps(1)
        assert play.signal("credit_status") == [status]
        if status < HALT:
            mint(play, 100).steps(1)
            assert has(play, ACT["tenants"]) > 1000
        else:
            with pytest.raises(RunError, match=r"MT312 compute_credits\.request_mint"):
                mint(play, 100)
            with pytest.raises(RunError, match="no credits are made now"):
                play.event("credits", "buy_credits", {"tenant": 0}, amount=100)


@pytest.mark.parametrize("trouble", [{"age": "30.1"}, {"dispute": "0.0151"}, {"price": "0"}])
def test_without_a_price_nothing_is_made_and_what_was_spent_comes_back_after_three_attempts(trouble):
    for play in both(vaulted(mint_spread=0)):
        mint(play, 1000).steps(1)
        spend(play, 400, provider=1)
        play.event("credits", "refund", {"tenant": 1}, amount=0)
        at(play, **trouble)
        for _ in range(3):
            assert has(play, ACT["due_queue"]) == 400
            play.steps(1)
            assert play.signal("credit_status") == [BLIND]
        assert play[ACT["providers"]] == [0, 400]  # a provider has the credits, and asks again
        with pytest.raises(RunError, match="price is not known"):
            play.event("credits", "refund", {"tenant": 0}, amount=1)
        at(play, age="30", dispute="0.015", price="2").steps(1)
        play.event("credits", "redeem", {"provider": 1}, amount=400)
        play.steps(1)
        assert play[AKT["providers"]] == [0, 200]


def test_a_price_that_comes_back_in_time_pays_what_waited():
    for play in both(vaulted(mint_spread=0)):
        mint(play, 1000).steps(1)
        at(spend(play, 400), age="99").steps(2)
        at(play, age="0").steps(1)
        assert (has(play, AKT["providers"]), has(play, ACT["due_queue"])) == (400, 0)


def test_halted_requests_wait_or_count_attempts_and_come_home():
    for halted, home in (("wait", False), ("try", True)):
        for play in both(vaulted(mint_spread=0, halted=halted)):
            mint(play, 1000).steps(1)
            at(mint(play, 500, tenant=1), price="0.8")
            for _ in range(3):
                assert has(play, AKT["mint_queue"]) == 500
                play.steps(1)
                assert play.signal("credit_status") == [HALT]
            assert play[AKT["mint_queue"]] == ([0, 0] if home else [0, 500])
            assert play[AKT["tenants"]] == [HOLDS - 1000, HOLDS if home else HOLDS - 500]
            at(play, price="1").steps(1)
            assert has(play, ACT["tenants"]) == 1000  # the chain plans an epoch anew as the halt ends
            play.steps(1)
            assert has(play, ACT["tenants"]) == (1000 if home else 1500)


def test_refunds_go_on_while_the_ratio_halts_and_leave_the_others_less():
    for play in both(vaulted(mint_spread=0)):
        mint(mint(play, 1000), 1000, tenant=1).steps(1)
        at(play, price="0.8").steps(1)
        before = play.signal("collateral_ratio")[0]
        play.event("credits", "refund", {"tenant": 1}, amount=500)
        play.steps(1)
        assert play[AKT["tenants"]][1] == HOLDS - 1000 + 625
        assert play.signal("collateral_ratio")[0] < before


def test_the_spread_stays_in_the_vault_as_credits_that_count_or_as_tokens_that_do_not():
    for play in both(vaulted()):
        mint(play, 1000).steps(1)
        assert (has(play, ACT["tenants"]), has(play, ACT["vault"]), play.signal("collateral_ratio")[0]) == (997.5, 2.5, 1)
    for play in both(vaulted(spread_as="tokens")):
        mint(play, 1000).steps(1)
        assert (has(play, ACT["tenants"]), has(play, ACT["vault"])) == (997.5, 0)
        assert play.signal("collateral_ratio")[0] == pytest.approx(1.0025)


def test_a_settle_spread_stays_in_the_buffer_and_pays_nobody():
    for play in both(vaulted(mint_spread=0, settle_spread="0.01")):
        mint(play, 1000).steps(1)
        spend(at(play, price="0.5"), 1000).steps(1)
        assert has(play, AKT["providers"]) == 1980
        assert has(play, AKT["buffer"]) == 20
        assert has(play, AKT["vault"]) == 0


def test_what_the_treasury_gave_counts_in_the_ratio_and_is_never_paid_out():
    """As the node has it: funding the vault makes no remint credit, so a shortfall is minted while funds lie there."""
    assert find("compute_credits").events["fund_vault"].authority == "operator"
    for play in both(vaulted(mint_spread=0)):
        mint(play, 1000).steps(1)
        play.event("credits", "fund_vault", {"funder": 0}, amount=500)
        at(play, price="0.8").steps(1)
        assert play.signal("collateral_ratio")[0] == pytest.approx(1.2)
        issued = has(play, ISSUED)
        spend(play, 1000).steps(1)
        assert (has(play, AKT["buffer"]), has(play, AKT["vault"])) == (500, 0)
        assert issued - has(play, ISSUED) == pytest.approx(250)


def test_a_card_buys_tokens_from_the_market_that_become_credits():
    for play in both(vaulted(price="2", mint_spread=0)):
        play.event("credits", "buy_credits", {"tenant": [1, 0]}, amount=[100, 50])
        assert (play[AKT["mint_queue"]], has(play, MARKET_USD), play[CARDS]) == ([25, 50], 150, [950, 900])
        play.steps(1)
        assert play[ACT["tenants"]] == [50, 100]


def test_a_request_below_the_minimum_is_given_back_at_once():
    for play in both(vaulted(price="2", mint_spread=0)):
        mint(mint(play, "4.999999"), 5, tenant=1).steps(1)
        assert play[ACT["tenants"]] == [0, 10]
        assert play[AKT["tenants"]] == [HOLDS, HOLDS - 5]


def test_an_end_of_block_takes_so_many_requests_in_the_order_of_rows_settlements_first():
    block = D(10) / 14400  # a step is one epoch
    for play in both(vaulted(mint_spread=0, tenants=5, records=3, step=str(block.quantize(D("1e-28"))))):
        for tenant in range(5):
            mint(play, 100 + tenant, tenant)
        assert [play.steps(1)[ACT["tenants"]] for _ in range(2)] == [[100, 101, 102, 0, 0], [100, 101, 102, 103, 104]]
        for provider in (0, 1):
            spend(play, 10, provider)
        play.event("credits", "refund", {"tenant": 2}, amount=2)
        mint(play, 50, 4)
        play.steps(1)
        assert (play[ACT["tenants"]], has(play, AKT["mint_queue"])) == ([80, 101, 100, 103, 104], 50)
        assert play.steps(1)[ACT["tenants"]] == [80, 101, 100, 103, 154]


def test_an_aggregate_counts_as_as_many_requests_as_it_stands_for():
    play = Play(vaulted(mint_spread=0, tenants=1, records=5, request=100, step="0.000694444444444444444444444444"))
    mint(play, 1200)
    assert [has(play.steps(1), ACT["tenants"]) for _ in range(4)] == pytest.approx([500, 1000, 1200, 1200])


def test_in_the_warning_band_credits_are_made_less_often():
    for play in both(vaulted(mint_spread=0, step="0.001")):  # 14.4 blocks a step
        mint(play, 1000).steps(2)
        at(play, price="0.93").steps(1)  # 67 blocks: five steps
        mint(play, 100)
        made = [has(play.steps(1), ACT["tenants"]) > 1000 for _ in range(7)]
        assert made.index(True) == 4


ACTS = ("mint", "spend", "refund", "step", "price", "age")


@settings(max_examples=15, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["mint", "spend", "refund", "step", "price", "blind"]), st.integers(0, 1), st.integers(0, 1), st.integers(1, 900)),
        max_size=25,
    ),
    halted=st.sampled_from(["wait", "try"]),
    spread=st.sampled_from(["0", "0.0025"]),
)
def test_credits_go_only_to_providers_and_back_and_every_token_is_somewhere(acts, halted, spread):
    for play in both(vaulted(halted=halted, mint_spread=spread)):
        for act, tenant, provider, number in acts:
            before = play[ACT["tenants"]]
            try:
                if act == "mint":
                    mint(play, number, tenant)
                elif act == "spend":
                    spend(play, number, provider, tenant)
                elif act == "refund":
                    play.event("credits", "refund", {"tenant": tenant}, amount=number)
                elif act == "step":
                    play.steps(number % 4)
                else:
                    at(play, **({"price": str(D(number) / 500)} if act == "price" else {"age": str(number % 60)}))
            except RunError as error:
                if error.faults[0].code not in ("MT302", "MT312"):  # more than there is, or not now
                    raise
            after = play[ACT["tenants"]]
            if act != "step":
                assert all(b <= a + 1e-9 for a, b in zip(before, after, strict=True))  # nobody gets credits but by minting, and nobody from another
            assert min(play.world.balances[a].min() for a in play.world.balances if a.kind not in ("external", "issuance")) >= -1e-6
        in_all = sum(has(play, place) for place in AKT.values())
        assert -has(play, ISSUED) == pytest.approx(in_all)
        out = sum(has(play, place) for name, place in ACT.items() if name not in ("issuance", "burned"))
        assert -has(play, ACT["issuance"]) - has(play, ACT["burned"]) == pytest.approx(out)


@settings(max_examples=20, deadline=None)
@given(ratios=st.lists(st.decimals("0.80", "1.1", places=4), min_size=2, max_size=8), backoff=st.sampled_from(["0", "0.1", "1"]))
def test_the_lower_the_ratio_the_longer_the_epoch_within_its_bounds(ratios, backoff):
    play = Play(vaulted(backoff=backoff))
    p = play.bound.calls[0].p
    blocks = [float(epoch_blocks(p, play.xp, play.column(r))[0, 0]) for r in sorted(ratios)]
    assert blocks == sorted(blocks, reverse=True)
    assert all(10 <= b <= 14400 and b == floor(b) for b in blocks)


@settings(max_examples=10, deadline=None)
@given(parts=st.lists(st.integers(1, 400), min_size=1, max_size=6), price=st.decimals("0.2", "5", places=2))
def test_many_payments_before_an_epoch_pay_what_one_does(parts, price):
    for one, many in zip(both(vaulted(mint_spread=0)), both(vaulted(mint_spread=0)), strict=True):
        for play in (one, many):
            at(mint(play, 3000).steps(1), price=price)
        spend(one, sum(parts)).steps(1)
        for part in parts:
            spend(many, part)
        many.steps(1)
        assert one[AKT["providers"]] == pytest.approx(many[AKT["providers"]])
        assert one[AKT["vault"]] == pytest.approx(many[AKT["vault"]])


@pytest.mark.parametrize(("wrong", "where"), [({"halt": "0.96"}, "credits.halt"), ({"shortest": 20_000}, "credits.shortest")])
def test_bounds_that_cross_are_a_fault(wrong, where):
    assert ("MT202", where) in [(f.code, f.where) for f in vaulted(**wrong).check()]


# --- tenants ----------------------------------------------------------------------------------------------------


def lessees(price="1", demand="100", **params):
    e = vaulted(price=price, tenants=1, mint_spread=0, before=(use("leases", "credit_tenants", **params),))
    e.signals["demand"] = SignalDecl("demand", "USD/day", D(demand))
    return e


def test_tenants_hold_their_runway_and_providers_are_paid_all_that_is_spent():
    assert lessees().check() == []
    for play in both(lessees()):
        play.steps(1)
        assert (has(play, ACT["tenants"]), has(play, AKT["providers"]), has(play, MARKET_USD)) == (700, 100, 800)  # nothing in hand yet: paid directly
        play.steps(30)
        assert has(play, AKT["providers"]) == 3100
        assert 350 <= has(play, ACT["tenants"]) <= 700


def test_while_halted_tenants_pay_directly_or_not_at_all():
    for direct, paid in ((True, 1000), (False, 0)):
        play = at(Play(lessees(direct=direct)), age="99").steps(10)
        assert has(play, AKT["providers"]) == pytest.approx(paid)
        assert has(play, ACT["tenants"]) == 0


def test_in_a_stablecoin_providers_get_the_money_and_no_token_moves():
    for play in both(lessees(settlement="stablecoin", survives="0.7", providers_fiat="providers/USD")):
        play.steps(10)
        assert sum(play[Account("providers", "USD")]) == pytest.approx(700)
        assert has(play, AKT["market"]) == 10**8


def test_tenants_buy_no_more_than_the_market_may_sell():
    play = Play(lessees(demand="1000000000", limit="0.1")).steps(1)
    assert has(play, AKT["market"]) == pytest.approx(0.9 * 10**8)
