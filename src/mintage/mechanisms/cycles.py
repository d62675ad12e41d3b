"""Cycles: fuel of fixed worth that is bought by burning tokens, what operations cost in it, and node providers paid a fixed sum in minted tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..accounts import BURNED, ISSUANCE, Account
from ..flows import burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, Schedule, State, Tag, account, event, number, option, reads, refuse_unless, schedule, writes
from .burn_mint import BurnMint, asked, settle
from .sharing import flag, spread

DOCS, DOCS_DATE = "dfinity/developer-docs, references/cycle-costs", "2026-08-18"


class Cycles(BurnMint):
    """Customers buy cycles, whose worth is fixed, by burning tokens at the oracle's price; cycles never become tokens again.

        paid = min(fx demand dt, what holders cover),   burned = burn_share paid / price,   cycles = paid / fx        [fiat], [tokens], [canisters]

    Shapes [1, path], events [payer, path]. On ICP 10^12 cycles are worth 1 XDR, so burned = cycles / 10^12 / (XDR per ICP); let a unit of `canisters` be 10^12
    cycles and `fx` what an XDR costs. In a simulation what is bought is used at once; live, canisters hold it until an operation is charged (`cycle_costs`).
    All of `burn_mint` holds here too: what remains is for payees, jobs can be posted, and without a token providers are paid in fiat. Customers who have
    tokens of their own convert them. Source: dfinity/developer-docs, cycle costs; the rate is that of the moment (sampled each 5 minutes on ICP).
    """

    name = "cycles"
    behaviour = True
    tags: Mapping[str, Tag] = {**BurnMint.tags, "credit": "transfer", "use": "transfer", "convert": "revenue"}
    breaks: ClassVar[str] = (
        "A price feed that lags or can be pushed sells compute below its worth: whoever sees the rate of five minutes ago burns when it is too high. "
        "A fixed price for compute leaves the network to earn less when the hardware behind it grows dearer, until somebody votes."
    )

    class Params(BurnMint.Params):
        demand: Ref = reads("demand", "canisters/day", "cycles that customers use")
        fx: Ref = reads("xdr", "proceeds/canisters", "what a unit of cycles costs: on ICP 10^12 cycles cost 1 XDR")
        canisters: Ref = account("canisters/CYCLES", "where cycles are held: customers' rows")
        purse: Ref = account("", "customers' own tokens, which they convert, in the same rows; empty: they buy with fiat only")
        wish: Ref = writes("", "proceeds/day", "signal that shows what customers would pay; empty: none")
        served: Ref = writes("", "proceeds/day", "signal that shows what they pay; empty: none")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        paid = asked(p, state, signals, ctx)
        got = spread(ctx.xp, state, p.canisters, paid / signals[p.fx])
        flows = settle(p, state, signals, ctx.xp, paid, p.customers, None)
        shown = {p.wish: signals[p.demand] * signals[p.fx], p.served: paid / ctx.dt}
        return [*flows, mint(p.canisters, got, "credit"), burn(p.canisters, got, "use")], {name: value for name, value in shown.items() if name}

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer buys cycles for `amount`. No limit applies: a burn that holders cannot cover is refused, never cut."""
        flows, updates = super().pay(p, state, signals, ctx, rows, amount)
        return [*flows, mint(p.canisters, amount / signals[p.fx], "credit", rows["payer"])], updates

    @event(roles={"payer": "wallets|customers"}, arguments={"amount": "proceeds"}, order_free=True)
    def pay_job(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer buys cycles for `amount` of what it set aside; more than that is refused, the rest stays set aside."""
        flows, updates = super().pay_job(p, state, signals, ctx, rows, amount)
        return [*flows, mint(p.canisters, amount / signals[p.fx], "credit", rows["payer"])], updates

    @event(roles={"owner": "purse"}, arguments={"amount": "tokens"}, order_free=True)
    def convert(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer burns `amount` of its own tokens for cycles of the same worth."""
        if not p.purse:
            return [], {}
        at = rows["owner"]
        return [burn(p.purse, amount, "convert", at), mint(p.canisters, amount * signals[p.price] / signals[p.fx], "credit", at)], {}


class Operations(Parameters):
    """What operations cost on a subnet of 13 nodes, in cycles."""

    creation: Number = number("500000000000", "1", "a new canister", ge="0", source=DOCS, date=DOCS_DATE)
    update: Number = number("5000000", "1", "an update message", ge="0", source=DOCS, date=DOCS_DATE)
    instruction: Number = number("1", "1", "an instruction", ge="0", source=DOCS, date=DOCS_DATE)
    ingress: Number = number("1200000", "1", "a message from outside", ge="0", source=DOCS, date=DOCS_DATE)
    ingress_byte: Number = number("2000", "1", "a byte of it", ge="0", source=DOCS, date=DOCS_DATE)
    call: Number = number("260000", "1", "a call between canisters", ge="0", source=DOCS, date=DOCS_DATE)
    call_byte: Number = number("1000", "1", "a byte of it", ge="0", source=DOCS, date=DOCS_DATE)
    storage: Number = number("10972800000", "1/day", "a GiB kept for a day: 127,000 a second", ge="0", source=DOCS, date=DOCS_DATE)
    compute: Number = number("864000000000", "1/day", "a per cent of a core reserved for a day: 10,000,000 a second", ge="0", source=DOCS, date=DOCS_DATE)
    signature: Number = number("10000000000", "1", "a threshold signature; 26,153,846,153 where 34 nodes sign", ge="0", source=DOCS, date=DOCS_DATE)


USED = {"creation": "creations", "update": "updates", "instruction": "instructions", "ingress": "ingresses", "ingress_byte": "ingress_bytes"}
USED |= {"call": "calls", "call_byte": "call_bytes", "signature": "signatures"}
KEPT = {"storage": "stored", "compute": "reserved"}  # charged by the time that something is kept


class CycleCosts(Mechanism):
    """What operations cost in cycles: charged to canisters, and asked for by a load.

        cost = sum_k price_k count_k nodes / base, a signature's with `signers` in place of nodes;   idle = sum over what is kept, a day
        an operation runs when   held - cost >= freezing idle;   each call:  held' = held - min(held, idle dt), and what is not paid is deleted

    [canisters], shapes [owner, path]; a load's demand [1, path]. `table` holds prices on a subnet of `base` = 13 nodes. Storage (GiB) and reserved compute
    (per cent of a core) are charged by time. A query costs nothing. Storage reservation on a subnet that holds more than 750 GiB is not modelled.

    Source: dfinity/developer-docs, references/cycle-costs.
    """

    name = "cycle_costs"
    tags: Mapping[str, Tag] = {"use": "transfer", "idle": "transfer"}
    breaks: ClassVar[str] = (
        "A price list is a guess about hardware: what is priced too low is used up by whoever looks (storage, mostly), what is dear moves elsewhere. "
        "More nodes in a subnet cost customers in proportion, whether they wanted the safety or not."
    )

    class Params(Parameters):
        canisters: Ref = account("canisters/CYCLES", "owners' cycles")
        cycle: Number = number("1000000000000", "1/canisters", "cycles in a unit of the account", gt="0")
        table: Operations = option(Operations(), "prices by operation, in cycles")
        nodes: Number = number("13", "node", "nodes of the subnet", gt="0")
        base: Number = number("13", "node", "nodes of the subnet that the prices are for", gt="0", source=DOCS, date=DOCS_DATE)
        signers: Number = number("34", "node", "nodes of the subnet that signs", gt="0", source=DOCS, date=DOCS_DATE)
        freezing: Number = number("30", "day", "days of idle cost below which nothing runs", ge="0", source=DOCS, date=DOCS_DATE)
        demand: Ref = writes("", "canisters/day", "cycles that the load asks for; empty: no load is read")
        creations: Ref = reads("", "1/day", "load: canisters created")
        updates: Ref = reads("", "1/day", "load: update messages")
        instructions: Ref = reads("", "1/day", "load: instructions")
        ingresses: Ref = reads("", "1/day", "load: messages from outside")
        ingress_bytes: Ref = reads("", "1/day", "load: their bytes")
        calls: Ref = reads("", "1/day", "load: calls between canisters")
        call_bytes: Ref = reads("", "1/day", "load: their bytes")
        stored: Ref = reads("", "1", "load: GiB stored")
        reserved: Ref = reads("", "1", "load: per cent of cores reserved")
        signatures: Ref = reads("", "1/day", "load: threshold signatures")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        loaded = any(getattr(p, n) for n in (*USED.values(), *KEPT.values()))
        return [] if loaded == bool(p.demand) else [("demand", "a load without a demand, or a demand without a load", "both, or none")]

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {name: make(0, of=p.canisters) for name in KEPT.values()}

    @event(roles={"canister": "canisters"}, arguments=dict.fromkeys(USED.values(), "1"), authority="operator")
    def run(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], *given: Any, **counts: Any) -> Emitted:
        """An owner's canister is charged for what it did, by counts of operations: as the subnet that ran it says, not its owner."""
        at, counts = rows["canister"], counts | dict(zip(USED.values(), given, strict=False))
        cost, idle = cycles_for(p, counts), cycles_for(p, {n: state[n][at] for n in KEPT.values()})
        thawed = ctx.xp.ge(state[p.canisters][at] - cost, idle * p.freezing)
        refuse_unless(ctx, thawed, "cycle_costs.run", "the canister would be frozen", f"{p.freezing} days of idle cost left over")
        return [burn(p.canisters, cost, "use", at)], {}

    @event(roles={"canister": "canisters"}, arguments=dict.fromkeys(KEPT.values(), "1"), authority="operator")
    def keep(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], *given: Any, **kept: Any) -> Emitted:
        """From now on an owner's canister keeps so many GiB, and so many per cent of a core, as its subnet says."""
        at, kept = rows["canister"], kept | dict(zip(KEPT.values(), given, strict=False))
        return [], {name: ctx.xp.put(state[name], at, value + 0 * state[name][at]) for name, value in kept.items()}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, held = ctx.xp, state[p.canisters]
        due = cycles_for(p, {n: state[n] for n in KEPT.values()}) * ctx.dt
        paid = flag(xp, xp.ge(held, due))
        updates = {name: state[name] * paid for name in KEPT.values()}
        if p.demand:
            updates[p.demand] = cycles_for(p, {n: signals[name] for n in (*USED.values(), *KEPT.values()) if (name := getattr(p, n))})
        return [burn(p.canisters, xp.minimum(held, due), "idle")], updates


def cycles_for(p: Any, counts: Mapping[str, Any]) -> Any:
    """Cycles [canisters] for counts of operations; a day, for operations a day and for what is kept."""
    out = None
    for name, counted in {**USED, **KEPT}.items():
        if counted in counts:
            nodes = p.signers if name == "signature" else p.nodes
            cost = getattr(p.table, name) * counts[counted] * (nodes / p.base)
            out = cost if out is None else out + cost
    return out / p.cycle


class NodeProviderRewards(Mechanism):
    """Pay node providers a sum in fiat a node, in tokens minted at the price: minted_i = level pay nodes_i dt / max(price, floor).

    [token], shape [provider, path]. So a price that falls by half mints twice as much, down to the `floor`; `most` bounds what all are paid in a call to a
    share of supply a year. What either cuts is lost. On ICP the pay is in XDR, by node type and region, at a price averaged over 30 days (read such an average
    as `price`) and no lower than 1 XDR; Mission 70 halves it, from 3.84 % of supply a year in January 2026 to 1.97 %.

    Source: dfinity/ic, governance/src/network_economics.rs; Mission 70 white paper (2026-01-14).
    """

    name = "node_provider_rewards"
    tags: Mapping[str, Tag] = {"reward": "reward"}
    breaks: ClassVar[str] = (
        "Minting for a fixed sum is a spiral in waiting: the lower the price, the more is minted and sold into it. Nodes are paid for standing there, so the "
        "sum follows how many were admitted and not how many are used."
    )

    class Params(Parameters):
        providers: Ref = account("providers/token", "who runs nodes")
        nodes: Ref = reads("nodes", "node", "nodes of each provider")
        price: Ref = reads("price", "fiat/token", "price at which pay becomes tokens")
        pay: Schedule = schedule("fiat/node/day", "pay for a node, from that day on")
        level: Ref = reads("", "1", "a factor on the pay that somebody governs; empty: 1")
        floor: Number = number("0", "fiat/token", "least price that counts; ICP: 1 XDR", ge="0")
        most: Number = number("1", "1", "share of supply that is paid in a year, at most", gt="0")
        year: Number = number("365", "day", "days a year", gt="0", source="definition")
        income: Ref = writes("", "providers/day", "signal that shows what each is paid; empty: none")
        rate: Ref = writes("", "1", "signal that shows what all are paid over supply, a year; empty: none")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, nodes = ctx.xp, signals[p.nodes]
        wanted = nodes * p.pay.at(ctx) / xp.maximum(signals[p.price], p.floor)
        if p.level:
            wanted = wanted * signals[p.level]
        supply = -state[Account(ISSUANCE, p.providers.asset)] - state[Account(BURNED, p.providers.asset)]
        rate = xp.div(xp.total(wanted) * p.year, supply, 0)  # a share of nothing is nothing
        paid = wanted * xp.div(xp.minimum(rate, p.most), rate, 0)
        shown = {p.income: paid, p.rate: xp.minimum(rate, p.most)}
        each = paid if paid.shape[-2] > 1 else spread(xp, state, p.providers, paid)
        return [mint(p.providers, each * ctx.dt, "reward")], {name: value for name, value in shown.items() if name}
