"""A small live network: providers and holders join, customers bring dollars, a pool pays work, stake votes."""

from __future__ import annotations

from itertools import count
from typing import Any

import mintage as mt
from mintage.live.entries import Entry, Epoch, Event, Genesis, Join, Report
from mintage.live.network import Done, Network

TEXT = """
[network]
name = "town"
token = "TOK"
fiat = "USD"
start = 2024-01-01
step = "1 day"
horizon = "60 days"

[assets.TOK]
decimals = 6
cap = 1_200_000

[assets.USD]
form = "fiat"
decimals = 2

[accounts.market]
holds = ["TOK", "USD"]
opening = { TOK = 1_000_000, USD = 5_000 }

[accounts.customers]
holds = ["USD"]
members = "open"

[accounts.providers]
holds = ["TOK", "USD"]
role = "provider"
holders = 2
members = "open"

[accounts.pool]
holds = ["TOK"]
role = "treasury"

[accounts.holders]
holds = ["TOK"]
opening = { TOK = 10_000 }
members = "open"

[accounts.staked]
holds = ["TOK"]
members = "holders"

[accounts.unbonding]
holds = ["TOK"]
members = "holders"

[accounts.proposals]
holds = ["TOK"]
holders = 3

[signals]
price = { unit = "USD/TOK", start = 2 }
usage = { unit = "USD/day", start = 0 }
nodes = { unit = "node", per = "providers", start = [10, 20], join = 0 }
rate = { unit = "TOK/day", start = 0 }
uptime = { unit = "1", per = "providers", start = 1, join = 1 }
proposal_status = { unit = "1", per = "proposals", start = 0 }

[[process]]
use = "gbm"
name = "price"
signal = "price"
volatility = "80 %"

[[live.measure]]
signal = "price"
reporters = 2
stale = "2 days"
deviation = 0.5

[[live.measure]]
signal = "usage"
by = "flow"
flows = ["jobs.pay"]
over = "2 days"

[[live.bound]]
of = "minted/TOK"
high = 5_000

[[live.bound]]
of = "price"
low = 0.01

[[mechanism]]
use = "emission_schedule"
name = "emission"
rate = "rate"
recipients = [{ to = "pool/TOK", share = 1 }]
budgets = [{ day = 0, value = 365_000 }]
tail = 365

[[mechanism]]
use = "burn_mint"
name = "jobs"
demand = "usage"
wallets = "customers/USD"
burn_share = 0.9
payees = [{ to = "providers/USD", share = 0.1 }]

[[mechanism]]
use = "cash_desk"
name = "cash"
wallet = "customers/USD"

[[mechanism]]
use = "work_rewards"
name = "rewards"
pool = "pool/TOK"
budget = 600

[[mechanism]]
use = "availability_rewards"
name = "presence"
pool = "pool/TOK"
budget = 100
nodes = "nodes"
score = "uptime"
tiers = [{ uptime = 1 }, { uptime = 0.5 }]

[[mechanism]]
use = "provider_entry"
name = "operators"
income = ["rate"]
tiers = [{ cost = 3, floor = 1 }, { cost = 2, floor = 1 }]

[[mechanism]]
use = "staking"
name = "locks"
slots = 3

[[mechanism]]
use = "governance"
name = "votes"
minimum = 10
period = 2
timelock = 1
"""


class Town:
    """A network without a ledger, and short ways to do things."""

    def __init__(self, text: str = TEXT) -> None:
        self.spec = mt.loads(text)
        genesis = Genesis(id="genesis", text=text, file="town.toml")
        self.network, self.ids = Network(genesis), count()
        self.do(genesis)

    def do(self, entry: Entry) -> Done:
        n = self.network
        return n.repeat(entry) or n.commit(n.prepare(entry))

    def id(self) -> str:
        return f"t{next(self.ids)}"

    def join(self, kind: str, owner: str, row: int = 0) -> None:
        self.do(Join(id=self.id(), kind=kind, owner=owner, row=row))

    def event(self, call: str, event: str, roles: dict[str, str], **arguments: str) -> Done:
        return self.do(Event(id=self.id(), call=call, event=event, roles=roles, arguments=arguments))

    def report(self, value: str, by: str, signal: str = "price") -> None:
        self.do(Report(id=self.id(), by=by, signal=signal, values=(value,)))

    def epoch(self, number: int = 1) -> Done:
        for _ in range(number):
            done = self.do(Epoch(id=f"epoch:{self.network.step}", step=self.network.step, signals=self.network.measured()))
        return done

    def signal(self, name: str, row: int = 0) -> Any:
        return self.network.world.signals[name][row, 0]

    def balance(self, place: str) -> Any:
        (account, row) = self.network.place(place)
        return self.network.world.balances[account][row, 0]
