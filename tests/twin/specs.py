"""Networks that Hypothesis makes: any choice of mechanisms, sizes and rules, as the text of a spec."""

from __future__ import annotations

from hypothesis import strategies as st

HEAD = """
[network]
name = "drawn"
token = "TOK"
fiat = "USD"
start = 2024-01-01
step = "1 day"
horizon = "60 days"

[assets.TOK]
decimals = {token_decimals}
cap = {cap}

[assets.USD]
form = "fiat"
decimals = {fiat_decimals}

[accounts.market]
holds = ["TOK", "USD"]
opening = {{ TOK = 1_000_000, USD = 50_000 }}

[accounts.customers]
holds = ["USD"]
members = "open"

[accounts.providers]
holds = ["TOK", "USD"]
role = "provider"
holders = {classes}
members = "open"

[accounts.node_pool]
holds = ["TOK"]
role = "treasury"

[accounts.holders]
holds = ["TOK"]
opening = {{ TOK = {held} }}
members = "open"

[accounts.staked]
holds = ["TOK"]
role = "staked"
members = "holders"

[accounts.unbonding]
holds = ["TOK"]
role = "escrow"
members = "holders"

[accounts.proposals]
holds = ["TOK"]
role = "escrow"
holders = 4

[signals]
price = {{ unit = "USD/TOK", start = {price} }}
demand = {{ unit = "USD/day", start = 700 }}
nodes = {{ unit = "node", per = "providers", start = 10 }}
fee = {{ unit = "USD/job", start = 1 }}
utilisation = {{ unit = "1", start = 0.4 }}
rewards = {{ unit = "TOK/day", per = "providers", start = 0 }}
rate = {{ unit = "TOK/day", start = 0 }}
proposal_status = {{ unit = "1", per = "proposals", start = 0 }}
pool_price = {{ unit = "USD/TOK", start = 2 }}

[[process]]
use = "gbm"
name = "price"
signal = "price"
volatility = "80 %"

[[process]]
use = "mean_reversion"
name = "demand"
signal = "demand"
level = 700

[[live.measure]]
signal = "demand"
by = "flow"
flows = ["jobs.pay"]
over = "{over} days"

[[live.measure]]
signal = "price"
reporters = {reporters}
deviation = {deviation}

[[mechanism]]
use = "emission_schedule"
name = "emission"
every = "{every} days"
offset = {offset}
rate = "rate"
recipients = [{{ to = "node_pool/TOK", share = {share} }}, {{ to = "market/TOK", share = {rest} }}]
budgets = [{{ day = 0, value = {budget} }}]
tail = 365
limit = "outstanding"
cap = {cap}
remint_share = 0.25

[[mechanism]]
use = "burn_mint"
name = "jobs"
wallets = "customers/USD"
burn_share = {burn}
payees = [{{ to = "providers/USD", share = {fee_share} }}]

[[mechanism]]
use = "cash_desk"
name = "cash"
wallet = "customers/USD"
"""

PARTS = {
    "rewards": """
[[mechanism]]
use = "work_rewards"
name = "job_rewards"
every = "{every} days"
offset = {offset}
pool = "node_pool/TOK"
rate = "rewards"
budget = {paid}
""",
    "availability": """
[[mechanism]]
use = "availability_rewards"
name = "availability"
every = "{every} days"
pool = "node_pool/TOK"
budget = {paid}
tiers = [{tiers}]
""",
    "operators": """
[[mechanism]]
use = "provider_entry"
name = "operators"
income = ["rate"]
tiers = [{costs}]
tokens = "providers/TOK"
""",
    "staking": """
[[mechanism]]
use = "staking"
name = "locks"
slots = {slots}
every = "{every} days"
""",
    "governance": """
[[mechanism]]
use = "governance"
name = "votes"
minimum = 1
period = {period}
timelock = {timelock}
unheard = "{unheard}"
""",
    "fee": """
[[mechanism]]
use = "dynamic_fee"
name = "fee_rule"
low = 0.1
high = 10
""",
}


@st.composite
def networks(draw: st.DrawFn) -> str:
    """The text of a sound spec."""
    classes, every = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    share = draw(st.sampled_from(["0.5", "0.3", "0.123456789", "1"]))
    burn = draw(st.sampled_from(["0.95", "0.5", "0.333333333333", "1"]))
    values = {
        "token_decimals": draw(st.sampled_from([0, 2, 8, 18])),
        "fiat_decimals": draw(st.sampled_from([2, 6])),
        "cap": draw(st.sampled_from([2_000_000, 1_400_000, 10**12])),
        "classes": classes,
        "held": draw(st.sampled_from([0, 100_000, 99_999])),
        "price": draw(st.sampled_from(["2", "0.000001", "70000.123"])),
        "over": draw(st.integers(1, 9)),
        "reporters": draw(st.integers(1, 4)),
        "deviation": draw(st.sampled_from(["0", "0.01", "0.5"])),
        "every": every,
        "offset": draw(st.integers(0, every - 1)),
        "share": share,
        "rest": str(round(1 - float(share), 9)),
        "budget": draw(st.sampled_from(["5000000", "1", "123456.789"])),
        "burn": burn,
        "fee_share": str(round(1 - float(burn), 12)),
        "paid": draw(st.sampled_from(["1000", "0.001", "333.333333"])),
        "tiers": ", ".join(f"{{ uptime = {draw(st.sampled_from(['1', '0.9', '0.333']))} }}" for _ in range(draw(st.sampled_from([1, classes])))),
        "costs": ", ".join("{ cost = 3, floor = 1 }" for _ in range(classes)),
        "slots": draw(st.integers(2, 6)),
        "period": draw(st.integers(1, 8)),
        "timelock": draw(st.integers(0, 3)),
        "unheard": draw(st.sampled_from(["return", "burn"])),
    }
    chosen = [name for name in PARTS if draw(st.booleans())]
    return HEAD.format(**values) + "".join(PARTS[name].format(**values) for name in chosen)
