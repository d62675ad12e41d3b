"""Faulty specs: each is the sound town with one thing changed, and the page of faults that it must give stands in pages.txt."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
TOWN = (HERE / "town.toml").read_text("utf-8")

CASES: dict[str, list[tuple[str, str]]] = {
    "a key mistyped": [("burn_share = {", "burn_shar = {")],
    "a section mistyped": [("[evaluation]", "[evalution]")],
    "a text where a number belongs": [('volatility = "80 %"', 'volatility = "high"')],
    "a number where a text belongs": [('use = "gbm"', "use = 5")],
    "a share out of range": [("burn_share = { value = 0.95", "burn_share = { value = 95")],
    "a unit of another kind": [('{ value = 700, unit = "USD/week"', '{ value = 700, unit = "TOK/week"')],
    "a unit nobody knows": [('start = "700 USD/week"', 'start = "700 USD/wek"')],
    "a unit that is no unit": [('unit = "fiat/token"', 'unit = "fiat//token"')],
    "an unknown mechanism": [('use = "burn_mint"', 'use = "burn_mnt"')],
    "a process among mechanisms": [('use = "burn_mint"', 'use = "gbm"')],
    "an unknown account": [('to = "providers/fiat"', 'to = "provider/fiat"')],
    "an account without a slash": [('account = "team/token"', 'account = "team"')],
    "an unknown asset": [('holds = ["token"]', 'holds = ["TIK"]')],
    "an opening in an asset not held": [("USD = 5000 }", "EUR = 5000 }")],
    "an unknown signal": [('signal = "price"', 'signal = "prise"')],
    "an unknown signal in a role": [('price = "price"', 'price = "pric"')],
    "an unknown source": [('value = 0.95, source = "S1"', 'value = 0.95, source = "S2"')],
    "an unknown path in a scenario": [('"price.drift" = 0.5', '"price.drft" = 0.5')],
    "an impossible value in a scenario": [('"price.drift" = 0.5', '"jobs.burn_share" = 2')],
    "an unknown path of usage": [('usage = ["demand.level"]', 'usage = ["demand.levl"]')],
    "scenarios in a circle": [('doc = "more demand"', 'extends = "bear"')],
    "a scenario that extends nothing": [('extends = "bull"', 'extends = "bul"')],
    "two of the same name": [('name = "emission"', 'name = "jobs"')],
    "two writers of a signal": [
        ('signal = "demand"', 'signal = "price"'),
        ('level = { value = 700, unit = "USD/week", source = "S1" }', "level = 2"),
    ],
    "a signal without a start": [(', start = "700 USD/week" }', " }")],
    "a signal of the wrong unit": [('unit = "fiat/token"', 'unit = "token/fiat"')],
    "a cap below genesis": [("cap = { value = 2000000", "cap = { value = 1000000")],
    "a genesis that does not add up": [("genesis = 1_100_000", "genesis = 1_000_000")],
    "shares that do not sum to one": [("share = 0.05 } ]", "share = 0.06 } ]")],
    "a cliff after the end": [('duration = "4 years"', 'duration = "6 months"')],
    "a period of no whole steps": [('every = "7 days"', 'every = "36 hours"')],
    "not a number": [("holders = [ 3, 4, 5 ]", "holders = [ 3, nan, 5 ]")],
    "a huge number": [("USD = 5000 }", "USD = 1e999999999 }")],
    "a source and an assumption": [('value = 0.95, source = "S1"', 'value = 0.95, source = "S1", assumption = true')],
    "a date in quotes": [("start = 2024-01-01\n", 'start = "2024-01-01"\n')],
    "a reserved name": [("[accounts.team]", "[accounts.issuance]"), ('account = "team/token"', 'account = "market/token"')],
    "history of a file outside": [('use = "gbm"\n', 'use = "history"\n'), ('volatility = "80 %"', 'history = { file = "../secret.csv", column = "x" }')],
    "history of an unknown column": [
        ('use = "gbm"\n', 'use = "history"\n'),
        ('volatility = "80 %"', 'history = { file = "data:render_bme_weekly.csv", column = "burned" }'),
    ],
    "not TOML": [('name = "town"', "name = town")],
    "a key given twice": [('name = "town"', 'name = "town"\nname = "city"')],
    "no network": [("[network]", "[networks]")],
    "many at once": [
        ('token = "TOK"', 'token = "TOKK"'),
        ("decimals = 8", "decimals = 99"),
        ('role = "insider"\n\n', 'role = "boss"\n\n'),
        ('use = "mean_reversion"', 'use = "mean_reversal"'),
        ("amount = 100_000", "amount = -1"),
    ],
}


def faulty(name: str) -> str:
    """The town with the case's changes."""
    text = TOWN
    for old, new in CASES[name]:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text
