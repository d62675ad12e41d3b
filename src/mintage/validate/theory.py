"""Closed forms beside mechanisms: burn and mint, curves, pools, fees, inflation, gates, slashes. Codes are those of the reference on risk, A1 to A45."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.stats import norm

from .. import metrics
from . import theory_texts as texts
from .anchor import closed
from .runs import Acts, Array, edge, end, series


def _burn_mint_text(demand: int, mint: int = 1, settlement: str = "burn") -> str:
    return texts.BURN_MINT.format(demand=demand, mint=mint, settlement=settlement)


# --- A2: what the value of a token owes to its use -----------------------------------------------------------------------


def _eta(settlement: str) -> float:
    """Elasticity of the value of burned tokens to spending, from five per cent less and more of it."""
    less, more = (np.full(2, 5 * end(_burn_mint_text(demand, settlement=settlement), 1, "burn/TOK")) for demand in (950, 1050))
    return metrics.demand_elasticity(less, more).value


@closed("A2", "elasticity of burned value to use, burn and mint", 1, form="D / P tokens burned", within=1e-9)
def _burned_value() -> float:
    return _eta("burn")


@closed("A2b", "the same where a stablecoin pays", 0, form="no token is bought", within=1e-12)
def _stablecoin() -> float:
    return _eta("stablecoin")


# --- A7: burn and mint, where market value is 20 epochs of spend -------------------------------------------------------------


@cache
def _burn_mint(mint: int, epochs: int) -> tuple[float, float, float]:
    """Supply after 10 epochs, supply and price after all of them: spend burns D / P of S, P = 20 D / S."""
    acts, supply = Acts(_burn_mint_text(500_000, mint)), [3_000_000.0]
    for _ in range(epochs):
        acts.set("price", 20 * 500_000 / supply[-1]).steps(1)
        supply.append(acts.held("market/TOK"))
    return supply[10], supply[-1], 20 * 500_000 / supply[-1]


BME = "S* = kappa M, P* = D / M"


@closed("A7", "burn and mint: supply after 10 epochs", 2_598_736.9, "TOK", form=BME, within=0.1)
def _supply_after_10() -> float:
    return _burn_mint(100_000, 600)[0]


@closed("A7b", "burn and mint: supply at rest", 2_000_000, "TOK", form=BME, within=1)
def _supply_at_rest() -> float:
    return _burn_mint(100_000, 600)[1]


@closed("A7c", "burn and mint: price at rest", 5, "USD", form=BME, within=1e-4)
def _price_at_rest() -> float:
    return _burn_mint(100_000, 600)[2]


@closed("A7d", "with 30,000 burned tokens minted again: supply at rest", 2_600_000, "TOK", form=BME, within=1)
def _reminted() -> float:
    return _burn_mint(130_000, 600)[1]


@closed("A7e", "and its price", 3.846, "USD", form=BME, within=5e-4)
def _reminted_price() -> float:
    return _burn_mint(130_000, 600)[2]


# --- A5, A6, A9, A40: a constant product ---------------------------------------------------------------------------------------


def _pool(fee: str = "0") -> Acts:
    return Acts(texts.POOL.format(fee=fee))


@closed("A5", "loss to rebalancing at 5 % a day, of the pool", 3.125e-4, form="sigma^2 / 8", within=5e-7)
def _loss_to_rebalancing() -> float:
    """The mean of a rise and a fall by 5 %: what arbitrage took, over what the pool was worth."""
    losses = []
    for move in (0.05, -0.05):
        acts, price = _pool(), math.exp(move)
        before = acts.held("pool/TOK"), acts.held("pool/USD")
        acts.set("outside", price).steps(1)
        losses.append(((before[0] - acts.held("pool/TOK")) * price - (acts.held("pool/USD") - before[1])) / (2 * before[1]))
    return float(np.mean(losses))


def _held(ratio: float) -> float:
    """What a share of the pool is worth after the price has moved, over holding both sides."""
    acts = _pool().set("outside", ratio).steps(60)
    return (acts.held("pool/USD") + ratio * acts.held("pool/TOK")) / (1_000_000 * (1 + ratio)) - 1


@closed("A6", "impermanent loss as the price doubles", -0.05719, form="2 sqrt(r) / (1 + r) - 1", within=1e-5)
def _doubled() -> float:
    return _held(2)


@closed("A6b", "impermanent loss at four times the price", -0.2, form="2 sqrt(r) / (1 + r) - 1", within=1e-5)
def _fourfold() -> float:
    return _held(4)


def _cost(fee: str) -> float:
    """What buys 100,000 of a pool's million."""

    def enough(paid: float) -> bool:
        acts = _pool(fee)
        return acts.act("pool", "buy", trader=0, amount=paid).held("pool/TOK") <= 900_000

    return edge(enough, 1e5, 2e5, 36)


@closed("A9", "cost of a tenth of a pool of 1M / 1M", 111_111.11, "USD", form="y q / (x - q)", within=0.01)
def _tenth() -> float:
    return _cost("0")


@closed("A9b", "the same with a fee of 0.3 %", 111_445.45, "USD", form="over 1 - f", within=0.01)
def _tenth_with_fee() -> float:
    return _cost("0.003")


@cache
def _sandwich(fee: str) -> tuple[float, float]:
    """The largest front-run that a victim of 20,000 with a limit of 1 % lets pass, and what it earns."""

    def attack(paid: float) -> tuple[float, float]:
        """Tokens that the victim gets, and what the attacker gains."""
        acts = _pool(fee)
        held, cash = [acts.held("pool/TOK")], acts.held("pool/USD")
        for amount in (paid, 20_000):
            held.append(acts.act("pool", "buy", trader=0, amount=amount).held("pool/TOK"))
        acts.act("pool", "sell", trader=0, amount=held[0] - held[1])
        return held[1] - held[2], cash + 20_000 - acts.held("pool/USD")

    quoted = attack(0)[0]
    front = edge(lambda paid: attack(paid)[0] < 0.99 * quoted, 1, 20_000, 40)
    return front, attack(front)[1]


@closed("A40", "largest front-run without a fee", 5087.70, "USD", form="the victim's limit binds", within=0.01)
def _front_run() -> float:
    return _sandwich("0")[0]


@closed("A40b", "its profit", 203.96, "USD", form="the victim's limit binds", within=0.01)
def _extracted() -> float:
    return _sandwich("0")[1]


@closed("A40c", "largest front-run at a fee of 0.3 %", 5095.27, "USD", form="the victim's limit binds", within=0.01)
def _front_run_with_fee() -> float:
    return _sandwich("0.003")[0]


@closed("A40d", "its profit", 172.37, "USD", form="the victim's limit binds", within=0.01)
def _extracted_with_fee() -> float:
    return _sandwich("0.003")[1]


# --- A8: a curve -------------------------------------------------------------------------------------------------------------------


@cache
def _curve() -> tuple[float, float, float]:
    """Tokens that 10,000 mint, the price they end at, and what selling them returns."""
    acts = Acts(texts.CURVE).act("curve", "buy", trader=0, amount=10_000)
    got, price = acts.held("traders/TOK"), acts.signal("price")
    cash = acts.held("traders/USD")
    return got, price, acts.act("curve", "sell", trader=0, amount=got).held("traders/USD") - cash


BANCOR = "S ((1 + dR / R)^F - 1)"


@closed("A8", "bonding curve: minted by 10,000", 48_808.848, "TOK", form=BANCOR, within=5e-4)
def _minted() -> float:
    return _curve()[0]


@closed("A8b", "bonding curve: price after it", 0.209762, "USD", form=BANCOR, within=5e-7)
def _curve_price() -> float:
    return _curve()[1]


@closed("A8c", "bonding curve: returned by selling back", 10_000, "USD", form=BANCOR, within=1e-6)
def _returned() -> float:
    return _curve()[2]


# --- A10, A11, A12: fees, inflation, bands ---------------------------------------------------------------------------------------------


def _multiplier(elasticity: float) -> float:
    """Of a small distance of the fee from rest, where demand answers with this elasticity."""
    acts, away = Acts(texts.FEE), 1e-6
    acts.set("fee", 1 + away).set("utilisation", 0.5 * (1 + away) ** -elasticity).steps(1)
    return (acts.signal("fee") - 1) / away


@closed("A10", "a fee's distance from rest after a call, elasticity 1", 0.875, form="1 - phi epsilon", within=1e-4)
def _damped() -> float:
    return _multiplier(1)


@closed("A10b", "the same at elasticity 16", -1, form="1 - phi epsilon", within=1e-4)
def _marginal() -> float:
    return _multiplier(16)


@closed("A11", "inflation's change in a year, 84 % bonded", -0.2537, form="(1 - b / goal) change", within=5e-5)
def _bonded() -> float:
    return end(texts.BONDED, 10, "inflation") - 0.5


def _banded(move: float, calls: int) -> list[float]:
    """Utilisation by call, where a move of the rate shifts it by `move`."""
    acts, used = Acts(texts.BANDS), [0.495]
    for _ in range(calls):
        acts.set("utilisation", used[-1]).steps(1)
        used.append(0.495 + move * (100 - acts.signal("rate")))
    return used


@closed("A12", "bands: swing of a move of 0.31, for ever", 0.31, form="wider than the band", within=1e-9)
def _swings() -> float:
    used = _banded(0.31, 41)
    return abs(used[-1] - used[-2])


@closed("A12b", "bands: where a move of 0.30 comes to rest", 0.795, form="as wide as the band", within=1e-9)
def _rests() -> float:
    return _banded(0.30, 41)[-1]


# --- A20: a gate and the price ---------------------------------------------------------------------------------------------------------

PEOPLE = 4000
CASCADE = "P = s (share / share_1)^alpha; of 4,000 people"


@cache
def _settled(shock: float) -> tuple[float, float]:
    """Price and share with access after a shock; holdings are lognormal about a gate one standard deviation below the median."""
    held: Array = np.exp(norm.ppf((np.arange(PEOPLE) + 0.5) / PEOPLE))
    acts = Acts(texts.GATE.format(people=str(PEOPLE), held=", ".join(f"{x:.12f}" for x in held), reference=f"{norm.cdf(1):.15f}"))
    acts.set("outside", shock).steps(400)
    return acts.signal("price"), acts.signal("access")


@closed("A20", "share with access at rest", 0.841, form=CASCADE, within=1e-3)
def _with_access() -> float:
    return _settled(1)[1]


@closed("A20b", "price after a shock of a tenth", 0.882677, form=CASCADE, within=3e-4)
def _tenth_off() -> float:
    return _settled(0.9)[0]


@closed("A20c", "its amplification", 1.184, form=CASCADE, within=3e-3)
def _amplified() -> float:
    return math.log(_settled(0.9)[0]) / math.log(0.9)


@closed("A20d", "price after a shock to 0.6", 0.521991, form=CASCADE, within=3e-4)
def _to_six_tenths() -> float:
    return _settled(0.6)[0]


@closed("A20e", "share with access then", 0.637, form=CASCADE, within=1e-3)
def _left() -> float:
    return _settled(0.6)[1]


@closed("A20f", "shock below which the price goes to nothing", 0.290978, form=CASCADE, within=4e-3)
def _critical() -> float:
    return edge(lambda s: _settled(s)[0] > 1e-3, 0.25, 0.35, 7)


# --- A31: buying one's own service -------------------------------------------------------------------------------------------------------


def _gained(fake: float) -> float:
    """What a provider has of an emission of 52 that work shares, beside genuine work of 2.4, less what its own orders cost."""
    return end(texts.WORK.format(fake=f"{fake:.9f}"), 1, "providers/TOK[1]") - fake


@cache
def _best_fake() -> float:
    """Where one more order gains as little as one fewer."""
    return edge(lambda fake: _gained(fake + 1e-3) < _gained(fake - 1e-3), 1, 52, 24)


@closed("A31", "own orders that gain most, emission 52, demand 2.4", 8.7714, form="sqrt(E B) - B", within=5e-4)
def _fake() -> float:
    return _best_fake()


@closed("A31b", "what they gain", 32.0572, form="(sqrt(E) - sqrt(B))^2", within=5e-5)
def _faked() -> float:
    return _gained(_best_fake())


# --- A22, A26, A36 to A38 -----------------------------------------------------------------------------------------------------------------


def _left_after(falls: int) -> float:
    values = ", ".join(f"{100 * 0.9**i:.12f}" for i in range(falls + 1))
    return end(texts.SHARE.format(values=values), falls + 1, "company/TOK") / 300_000


@closed("A22", "burned when the share falls by a tenth", 0.19, form="1 - (1 - delta)^(1 / beta)", within=1e-9)
def _burned() -> float:
    return 1 - _left_after(1)


@closed("A22b", "burned by ten such falls", 0.878, form="1 - 0.81^10", within=5e-4)
def _burned_by_ten() -> float:
    return 1 - _left_after(10)


def _spend(elasticity: str) -> float:
    """Spending at half the price over spending at the price."""
    return end(texts.DEMAND.format(elasticity=elasticity), 1, "demand") / 1000


@closed("A26", "spending at half the price, elasticity 1.11", 1.0792, form="p^(1 - epsilon)", within=5e-5)
def _more() -> float:
    return _spend("1.11")


@closed("A26b", "spending at half the price, elasticity 0.8", 0.8706, form="p^(1 - epsilon)", within=5e-5)
def _less() -> float:
    return _spend("0.8")


@closed("A36", "what 72 epochs of concealment leave a copier, r = 0.98", 0.2335, form="r^L", within=5e-5)
def _copied() -> float:
    quality = series(texts.QUALITY, 72, "quality")[0]
    return float((quality[-1] - 1) / (quality[0] - 1))


@closed("A37", "slash that deters a gain of 100 caught with 0.05", 1900, "TOK", form="g (1 - p) / p", within=0.01)
def _deters() -> float:
    return edge(lambda stake: end(texts.CHEAT.format(stake=f"{stake:.6f}"), 1, "cheating") == 0, 1000, 3000, 20)


FINNERTY = "average-strike put, Finnerty 2012"


def _discount(volatility: str, term: str) -> float:
    return end(texts.LOCK.format(volatility=volatility, term=term), 1, "hurdle")


@closed("A38", "discount of a lock of a year, sigma 0.3", 0.06850, form=FINNERTY, within=5e-6)
def _locked() -> float:
    return _discount("0.3", "365")


@closed("A38b", "discount of a lock of half a year, sigma 0.9", 0.14086, form=FINNERTY, within=5e-6)
def _locked_briefly() -> float:
    return _discount("0.9", "182.5")
