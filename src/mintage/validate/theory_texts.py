"""The small networks of `theory`, in the file format; what varies stands in braces."""

HEAD = """
[network]
name = "theory"
token = "TOK"
fiat = "USD"

[assets.TOK]
decimals = 12

[assets.USD]
form = "fiat"
decimals = 12
"""

BURN_MINT = (
    HEAD
    + """
[accounts]
market = {{ holds = ["TOK", "USD"], opening = {{ TOK = 3_000_000 }} }}
providers = {{ holds = ["TOK", "USD"] }}

[signals]
demand = {{ unit = "USD/day", start = {demand} }}
price = {{ unit = "USD/TOK", start = 5 }}

[[mechanism]]
use = "burn_mint"
name = "jobs"
settlement = "{settlement}"

[[mechanism]]
use = "emission_schedule"
name = "emission"
base = {mint}000
budgets = [{{ day = 0, value = 1 }}, {{ day = 1000, value = 0 }}]
recipients = [{{ to = "market/TOK", share = 1 }}]
"""
)

POOL = (
    HEAD
    + """
[accounts]
market = {{ holds = ["TOK", "USD"], opening = {{ TOK = 1_000_000 }} }}
pool = {{ holds = ["TOK", "USD"], opening = {{ TOK = 1_000_000, USD = 1_000_000 }} }}

[signals]
outside = {{ unit = "USD/TOK", start = 1 }}
price = {{ unit = "USD/TOK", start = 1 }}

[[mechanism]]
use = "order_flow_price"
name = "pool"
fee = {fee}
strength = 1
flow_share = 0
limit = 0.9
"""
)

CURVE = (
    HEAD
    + """
[accounts]
traders = { holds = ["TOK", "USD"], opening = { USD = 20_000 } }
others = { holds = ["TOK"], opening = { TOK = 1_000_000 } }
curve = { holds = ["USD"], opening = { USD = 100_000 } }

[signals]
price = { unit = "USD/TOK", start = 0.2 }

[[mechanism]]
use = "bonding_curve"
name = "curve"
ratio = 0.5
"""
)

FEE = (
    HEAD
    + """
[accounts]
market = { holds = ["TOK"] }

[signals]
utilisation = { unit = "1", start = 0.5 }
fee = { unit = "USD/job", start = 1 }

[[mechanism]]
use = "dynamic_fee"
name = "fee"
low = 0.1
high = 10
"""
)

BONDED = """
[network]
name = "bonded"
token = "TOK"
step = "36.525 days"

[assets.TOK]

[assets.USD]
form = "fiat"

[accounts]
staked = { holds = ["TOK"], opening = { TOK = 840 } }
market = { holds = ["TOK"], opening = { TOK = 160 } }

[signals]
ratio = { unit = "1", start = 0.84 }
inflation = { unit = "1", start = 0.5 }

[[mechanism]]
use = "bonded_inflation"
name = "inflation"
ratio = "ratio"
bonded = "staked/TOK"
rewards = "staked/TOK"
pool = "market/TOK"
low = [{ value = 0 }]
high = [{ value = 1 }]
change = [{ value = 1 }]
"""

BANDS = (
    HEAD
    + """
[accounts]
providers = { holds = ["TOK"] }

[signals]
utilisation = { unit = "1", start = 0.495 }
rate = { unit = "TOK/day", start = 100 }

[[mechanism]]
use = "utilisation_bands"
name = "bands"
move = 1
high = 200
recipients = [{ to = "providers/TOK", share = 1 }]
"""
)

GATE = (
    HEAD
    + """
[accounts]
staked = {{ holds = ["TOK"], holders = {people} }}

[signals]
held = {{ unit = "TOK", per = "staked", start = [{held}] }}
people = {{ unit = "1", per = "staked", start = 1 }}
tier = {{ unit = "1", per = "staked", start = 0 }}
outside = {{ unit = "USD/TOK", start = 1 }}
price = {{ unit = "USD/TOK", start = 1 }}
access = {{ unit = "1", start = 1 }}

[[mechanism]]
use = "access_tiers"
name = "gate"
people = "people"
share = "access"
counted = ["held"]
design = "fiat"
reference = 1
tiers = [{{ gate = 0.367879441171442 }}] # one standard deviation below the median

[[mechanism]]
use = "access_price"
name = "market"
reference = {reference}
alpha = 0.5
"""
)

SHARE = (
    HEAD
    + """
[assets.EQUITY]
form = "share"

[accounts]
company = {{ holds = ["TOK", "USD"], opening = {{ TOK = 300_000 }} }}
shareholders = {{ holds = ["EQUITY"], opening = {{ EQUITY = 100_000 }} }}

[signals]
share_price = {{ unit = "USD/EQUITY", start = 100 }}

[[process]]
use = "history"
name = "fall"
signal = "share_price"
values = [{values}]

[[mechanism]]
use = "share_burn_rule"
name = "panic"
"""
)

DEMAND = (
    HEAD
    + """
[accounts]
market = {{ holds = ["TOK"] }}

[signals]
demand_level = {{ unit = "USD/day", start = 1000 }}
fee = {{ unit = "USD/job", start = 1 }}
demand = {{ unit = "USD/day", start = 1000 }}

[[mechanism]]
use = "elastic_demand"
name = "wish"
reference = 2
elasticity = {elasticity}
"""
)

QUALITY = (
    HEAD
    + """
[accounts]
miners = { holds = ["TOK"] }

[signals]
quality = { unit = "1", per = "miners", start = 3 }

[[mechanism]]
use = "miner_quality"
name = "work"
persistence = 0.98
spread = 0
"""
)

CHEAT = (
    HEAD
    + """
[accounts]
market = {{ holds = ["TOK"], opening = {{ TOK = 1_000_000 }} }}
holders = {{ holds = ["TOK"], members = "open" }}
staked = {{ holds = ["TOK"], members = "holders", opening = {{ TOK = {stake} }} }}
accused = {{ holds = ["TOK"], members = "holders" }}
appealed = {{ holds = ["TOK"], members = "holders" }}

[signals]
cheating = {{ unit = "1", start = 0 }}

[[mechanism]]
use = "misconduct"
name = "cheat"
gain = 100
detection = 0.05
cheating = "cheating"
"""
)

LOCK = (
    HEAD
    + """
[accounts]
holders = {{ holds = ["TOK"], opening = {{ TOK = 1000 }} }}
staked = {{ holds = ["TOK"], opening = {{ TOK = 1000 }} }}
unbonding = {{ holds = ["TOK"] }}

[signals]
yield = {{ unit = "1", start = 0 }}
staking_ratio = {{ unit = "1", start = 0 }}
hurdle = {{ unit = "1", start = 0 }}

[[mechanism]]
use = "staking_choice"
name = "choice"
hurdle = "hurdle"
opportunity = 0
volatility = {volatility}
term = {term}
stay = 365
"""
)

WORK = (
    HEAD
    + """
[accounts]
pool = {{ holds = ["TOK"], opening = {{ TOK = 52 }} }}
providers = {{ holds = ["TOK"], holders = 2 }}

[signals]
work = {{ unit = "job/day", per = "providers", start = [2.4, {fake}] }}

[[mechanism]]
use = "work_rewards"
name = "rewards"
budget = [{{ day = 0, value = 52 }}]
work = "work"
"""
)
