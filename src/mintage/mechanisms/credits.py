"""Compute credits: money for compute that customers hold in advance, made by putting tokens into a vault and burned as it is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ..accounts import Account
from ..flows import Flow, burn, mint
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .burn_mint import by_work, to_sellers
from .sharing import by_owner, pro_rata, supply, total_of

NODE, NODE_DATE = "akash-network/node x/bme and chain-sdk defaults", "2026-04-28"
HEALTHY, WARNING, HALT, BLIND = range(4)  # values of the status signal


class ComputeCredits(Mechanism):
    """Burn-mint equilibrium with a vault: tokens go in for credits that are worth a fixed sum, and come out again when credits are spent.

        mint, at an epoch:   credits = B P / par for B tokens; the vault takes the tokens, and a share mint_spread of the credits
        settle, refund:      S = A par / P tokens for A burned credits, less settle_spread; from the vault first, a shortfall is newly minted
        CR = (vault + buffer) P / (par outstanding),  cut to basis points; 1 where no credit is out
        status = 0 healthy: CR > warn;  1 warning: halt < CR <= warn;  2 halted: CR <= halt;  3 halted: the price is zero, stale or in dispute
        epoch = floor(min(longest, shortest (1 + backoff)^k)) blocks,  k = floor((warn - CR) / 10 bp), 0 when healthy

    Tokens [tenants], credits [credits]; shapes [holder, path]. Net change of what circulates, for a unit of use: par / P_settle - par / P_mint.

    Where the money rests: `vault` holds what went in for credits and has not come out, which is the chain's remint credit, so no memory counts it.
    `buffer` counts in CR as well, but pays nobody: what a treasury gave and what settle_spread left. Requests wait in `queue` (tokens for credits),
    `refunds` and `dues` (credits for tokens), a lot for each attempt made so far, and count in neither. Each epoch takes at most `records` of them an end
    of block, settlements first, in the order of rows as the chain walks its store by address. A request that cannot be done is tried again at the
    next epoch and given back after `attempts`; one below the minimum is given back at once. No credits are made while halted: requests wait, or count
    an attempt where `halted` says "try". Credits can be spent, redeemed and refunded, never handed to another tenant.

    A call stands for the epochs of its span; the first after a halt does not mint, as the chain then plans an epoch anew.

    Sources: AEP-76 (Akash, 2026-03-23) and the node's x/bme. Where they differ the node counts: it mints the spread as credits that its vault keeps, so
    they count as outstanding; AEP-76 leaves them unminted (`spread_as` "tokens"), so that CR begins above 1.
    """

    name = "compute_credits"
    tags: Mapping[str, Tag] = {"pay": "revenue", "settle": "reward", "shortfall": "reward", "bought": "trade"}
    breaks: ClassVar[str] = (
        "Credits are a debt in money backed by the token they are bought with. At CR = 1 a fall of a tenth between buying and spending halts new credits, "
        "and each settlement below CR 1 drains the vault faster than the debt, so CR falls further and the shortfall is minted into the falling price. "
        "Who controls the price feed mints credits dear and redeems them cheap."
    )

    class Params(Parameters):
        tenants: Ref = account("tenants/token", "tenants' own tokens")
        wallets: Ref = account("", "tenants' money, for buying credits by card; empty: nobody pays by card")
        tokens: Ref = account("market/token", "who sells tokens to those who pay by card")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        credits: Ref = account("tenants/ACT", "tenants' credits")
        queue: Ref = account("mint_queue/token", "tokens that wait to become credits, a row a tenant")
        refunds: Ref = account("refund_queue/ACT", "credits that tenants gave back, a row a tenant")
        earned: Ref = account("providers/ACT", "credits that came back to providers")
        dues: Ref = account("due_queue/ACT", "credits that were spent and wait to be paid out, a row a provider")
        providers: Ref = account("providers/token", "where providers are paid")
        vault: Ref = account("vault/token", "tokens that went in for credits: what may come out again")
        buffer: Ref = account("buffer/token", "tokens that back credits and pay nobody")
        kept: Ref = account("vault/ACT", "credits that the spread left with the vault")
        treasury: Ref = account("", "who may fund the buffer; empty: nobody")
        price: Ref = reads("price", "fiat/tenants", "the oracle's price of the token")
        age: Ref = reads("", "s", "age of that price; empty: always fresh")
        dispute: Ref = reads("", "1", "how far the oracle's sources are apart, relative; empty: they agree")
        status: Ref = writes("credit_status", "1", "0 healthy, 1 warning, 2 halted by the ratio, 3 halted by the oracle")
        ratio: Ref = writes("collateral_ratio", "1", "CR as each call left it")
        epoch: Ref = writes("", "1", "blocks from one mint epoch to the next; empty: not shown")
        par: Number = number("1", "fiat/credits", "money that a credit stands for", gt="0", source="AEP-76", date="2026-03-23")
        mint_spread: Number = number("0.0025", "1", "share of new credits that the vault keeps", ge="0", lt="1", source=NODE, date=NODE_DATE)
        spread_as: Literal["credits", "tokens"] = option("credits", "the vault keeps minted credits, or tokens for which no credit is minted")
        settle_spread: Number = number("0", "1", "share of tokens that a settlement leaves in the buffer", ge="0", lt="1", source=NODE, date=NODE_DATE)
        minimum: Number = number("10", "credits", "fewest credits that a request makes", ge="0", source=NODE, date=NODE_DATE)
        warn: Number = number("0.95", "1", "CR at which the warning begins", gt="0", source="AEP-76", date="2026-03-23")
        halt: Number = number("0.90", "1", "CR at which no more credits are made", gt="0", source="AEP-76", date="2026-03-23")
        shortest: Number = number("10", "1", "blocks of an epoch when healthy", gt="0", source=NODE, date=NODE_DATE)
        longest: Number = number("14400", "1", "most blocks of an epoch", gt="0", source=NODE, date=NODE_DATE)
        backoff: Number = number("0.10", "1", "growth of an epoch for each 10 bp of CR below the warning", ge="0", source=NODE, date=NODE_DATE)
        blocks: Number = number("14400", "1/day", "blocks a day", gt="0", source="6 s a block, as the node assumes", date=NODE_DATE)
        attempts: int = count(3, "failed attempts after which a request is given back", ge=1, le=32)
        records: int = count(50, "requests that an end of block takes", ge=1)
        request: Number = number("0", "tenants", "typical request: a larger row counts as so many requests; 0: a row and attempt is one request", ge="0")
        halted: Literal["wait", "try"] = option("wait", "while halted, requests for credits wait, or count an attempt at each epoch")
        stale: Number = number("30", "s", "age from which a price is not used", gt="0", source="chain-sdk x/oracle defaults", date=NODE_DATE)
        deviation: Number = number("0.015", "1", "dispute from which a price is not used", gt="0", source="chain-sdk x/oracle defaults", date=NODE_DATE)

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = [] if p.halt <= p.warn else [("halt", f"{p.halt} above the warning at {p.warn}", "at most the warning")]
        if p.shortest > p.longest:
            faults.append(("shortest", f"{p.shortest} blocks, and {p.longest} at most", "at most the longest epoch"))
        return faults

    def lots(self, p: Any) -> Mapping[Account, int]:
        return {p.refunds: p.attempts, p.dues: p.attempts, p.queue: p.attempts if p.halted == "try" else 1}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        return {"next": make(0, "day"), "stopped": make(0)}

    @event(roles={"tenant": "tenants"}, arguments={"amount": "tenants"}, order_free=True)
    def request_mint(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A tenant asks for credits for `amount` of its tokens, at the price of the next epoch; refused while halted."""
        refuse_halted(p, signals, ctx, "compute_credits.request_mint")
        return [Flow(p.tenants, p.queue, amount, "request", rows["tenant"], first(rows["tenant"]))], {}

    @event(roles={"tenant": "wallets"}, arguments={"amount": "proceeds"}, order_free=True)
    def buy_credits(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A tenant pays `amount` of money by card: it buys tokens from the market, which ask for credits at once; refused while halted."""
        if not p.wallets:
            return [], {}
        refuse_halted(p, signals, ctx, "compute_credits.buy_credits")
        bought = by_owner(ctx.xp, state, p.tokens, rows["tenant"], amount)
        flows = [Flow(p.wallets, p.proceeds, money, "pay", at) for at, money in bought]
        return flows + [Flow(p.tokens, p.queue, money / signals[p.price], "bought", None, first(at)) for at, money in bought], {}

    @event(roles={"tenant": "credits", "provider": "earned"}, arguments={"amount": "credits"}, order_free=True)
    def spend(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A tenant pays a provider `amount` of credits for a lease; the next call burns them and pays the provider in tokens."""
        return [Flow(p.credits, p.dues, amount, "spend", rows["tenant"], first(rows["provider"]))], {}

    @event(roles={"tenant": "credits"}, arguments={"amount": "credits"}, order_free=True)
    def refund(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A tenant gives back `amount` of unused credits for tokens at the next call's price; refused only while the price is not known."""
        refuse_unless(ctx, ctx.xp.lt(signals[p.status], BLIND), "compute_credits.refund", "the oracle's price is not known", "a price")
        return [Flow(p.credits, p.refunds, amount, "refund", rows["tenant"], first(rows["tenant"]))], {}

    @event(roles={"provider": "earned"}, arguments={"amount": "credits"}, order_free=True)
    def redeem(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A provider asks again for tokens for `amount` of credits that came back to it."""
        return [Flow(p.earned, p.dues, amount, "redeem", rows["provider"], first(rows["provider"]))], {}

    @event(roles={"funder": "treasury"}, arguments={"amount": "buffer"}, order_free=True, authority="operator")
    def fund_vault(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The treasury adds `amount` to the buffer, as governance decided; there is no way back."""
        return [Flow(p.treasury, p.buffer, amount, "fund", rows["funder"])] if p.treasury else [], {}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price = ctx.xp, signals[p.price]
        known = price_known(p, signals, xp)
        room = p.records * epochs(p, ctx, p.shortest + 0 * known)
        asked = xp.div(p.request * price, p.par, 0)  # the typical request in credits
        due, left = turn(xp, waiting(xp, state[p.dues], asked), room)
        back, left = turn(xp, waiting(xp, state[p.refunds], asked), left)
        settled, paid, spent = settle(p, state, xp, [(p.dues, p.earned, p.providers, due), (p.refunds, p.credits, p.tenants, back)], known, price)

        held, out = xp.total(state[p.vault]) - paid, supply(state, p.credits) - spent
        ratio = collateral(p, xp, held + xp.total(state[p.buffer]), out, price)
        status, blocks = standing(p, xp, ratio, known), epoch_blocks(p, xp, ratio)
        open_ = 1 - xp.minimum(xp.maximum(status - WARNING, 0), 1)
        reached = xp.after(ctx.day, state["next"], 0)
        fresh = open_ * state["stopped"]  # just recovered: the epoch is planned anew
        minting = open_ * (1 - state["stopped"]) * reached
        tried = minting if p.halted == "wait" else reached * (1 - fresh)
        share, _ = turn(xp, waiting(xp, state[p.queue], p.request), p.records * epochs(p, ctx, blocks) * (left / room))
        made, taken, issued = mint_credits(p, state, xp, share * minting, share * (tried - minting), price)

        final = collateral(p, xp, held + taken + xp.total(state[p.buffer]), out + issued, price)
        planned = xp.where(xp.gt(tried + fresh, 0), ctx.day + blocks / p.blocks, state["next"])
        shown = {p.status: standing(p, xp, final, known), p.ratio: final}
        if p.epoch:
            shown[p.epoch] = epoch_blocks(p, xp, final)
        return settled + made, {**shown, "next": planned, "stopped": 1 - open_}


def first(rows: Any) -> Any:
    """The rows' place among requests that nobody has tried yet."""
    return 0 if rows is None else (0, rows)


def refuse_halted(p: Any, signals: Mapping[str, Any], ctx: Any, where: str) -> None:
    """Refuse while the last call left the mint halted, or the price is not known now."""
    xp = ctx.xp
    ready = xp.logical_and(xp.lt(signals[p.status], HALT), xp.gt(price_known(p, signals, xp), 0))
    refuse_unless(ctx, ready, where, "no credits are made now", "a status of 0 or 1, and a fresh price")


def price_known(p: Any, signals: Mapping[str, Any], xp: Any) -> Any:
    """1 where the oracle's price can be used [1, path], else 0."""
    good = xp.gt(signals[p.price], 0 * signals[p.price])
    if p.age:
        good = xp.logical_and(good, xp.le(signals[p.age], p.stale))
    if p.dispute:
        good = xp.logical_and(good, xp.le(signals[p.dispute], p.deviation))
    return xp.where(good, xp.num(1), xp.num(0))


def collateral(p: Any, xp: Any, tokens: Any, credits: Any, price: Any) -> Any:
    """CR [1, path], cut to basis points."""
    owed = xp.maximum(credits * p.par, 0)  # arrays leave dust where all was burned
    return xp.floor(xp.div(tokens * price, owed, xp.num(1)) * 10_000) / 10_000


def standing(p: Any, xp: Any, ratio: Any, known: Any) -> Any:
    """The status signal [1, path]."""
    by_ratio = xp.where(xp.gt(ratio, p.warn), xp.num(HEALTHY), xp.where(xp.gt(ratio, p.halt), xp.num(WARNING), xp.num(HALT)))
    return xp.where(xp.gt(known, 0), by_ratio, xp.num(BLIND))


def epoch_blocks(p: Any, xp: Any, ratio: Any) -> Any:
    """Blocks from one mint epoch to the next [1, path]."""
    steps = xp.maximum(xp.floor((p.warn - ratio) * 1000), 0)  # of 10 basis points
    return xp.maximum(xp.floor(xp.minimum(p.longest, p.shortest * xp.power(1 + p.backoff, steps))), p.shortest)


def epochs(p: Any, ctx: Any, blocks: Any) -> Any:
    """Epochs of so many blocks in a call's span, 1 at least."""
    return ctx.xp.maximum(ctx.xp.floor(ctx.dt * p.blocks / blocks), 1)


def waiting(xp: Any, amount: Any, typical: Any) -> Any:
    """Requests behind what waits [lot, holder, path]: one where there is something, more where it is more than `typical`."""
    several = xp.maximum(xp.div(amount, typical + 0 * amount, 0), 1)
    return xp.where(xp.gt(amount, 0 * amount), several, 0 * several)


def turn(xp: Any, number: Any, room: Any) -> tuple[Any, Any]:
    """The share of each lot and row whose turn comes when `room` requests are taken, row by row; and the room that is left."""
    by_row = xp.sum(number, 0)[0]
    before = xp.cumsum(by_row, -2) - by_row + xp.cumsum(number, 0) - number
    return xp.clip(xp.div(room - before, number, 0), 0, 1), xp.maximum(room - xp.total(by_row), 0)


def settle(p: Any, state: State, xp: Any, sides: list[tuple[Account, Account, Account, Any]], known: Any, price: Any) -> tuple[list[Flow], Any, Any]:
    """Burn credits whose turn has come and pay tokens for them; where the price is not known an attempt has failed. (flows, vault's part, burned credits).

    Each side is (queue, where what fails comes back to, who is paid, share whose turn it is).
    """
    flows, owed = [], []
    spent = 0 * supply(state, p.credits)
    for queue, home, to, share in sides:
        done = state[queue] * share * known
        failed = state[queue] * share - done
        flows += [burn(queue, done[lot], "burn", lot) for lot in range(p.attempts)] + again(queue, home, failed)
        credits = xp.sum(done, 0)[0]
        owed.append((to, xp.div(credits * p.par, price, 0)))
        spent = spent + xp.total(credits)
    whole, vault = total_of([xp.total(tokens) for _, tokens in owed]), xp.total(state[p.vault])
    part = xp.minimum(xp.div(vault, whole, 1), 1)
    for to, tokens in owed:
        paid = tokens * (1 - p.settle_spread)
        flows += [Flow(p.vault, to, paid * part, "settle"), mint(to, paid - paid * part, "shortfall")]
    left = whole * p.settle_spread
    flows += [Flow(p.vault, p.buffer, left * part, "settle_spread"), mint(p.buffer, left - left * part, "settle_spread")]
    return flows, whole * part, spent


def mint_credits(p: Any, state: State, xp: Any, share: Any, failed: Any, price: Any) -> tuple[list[Flow], Any, Any]:
    """Make credits of the tokens whose turn has come, and count an attempt for those whose turn failed. (flows, vault's tokens, new credits)."""
    asked = state[p.queue] * share
    enough = xp.where(xp.ge(asked * price / p.par, p.minimum), xp.num(1), xp.num(0))
    good = asked * enough
    flows = [Flow(p.queue, p.vault, good[lot], "vault", lot) for lot in range(len(good))]
    flows += [Flow(p.queue, p.tenants, (asked - good)[lot], "small", lot) for lot in range(len(good))]
    if p.halted == "try":
        flows += again(p.queue, p.tenants, state[p.queue] * failed)
    tokens = xp.sum(good, 0)[0]
    credits = tokens * price / p.par
    flows.append(mint(p.credits, credits * (1 - p.mint_spread), "mint"))
    issued = xp.total(credits)
    if p.spread_as == "tokens":
        return flows, xp.total(tokens), issued * (1 - p.mint_spread)
    return [*flows, mint(p.kept, issued * p.mint_spread, "spread")], xp.total(tokens), issued


def again(queue: Account, home: Account, failed: Any) -> list[Flow]:
    """What failed waits as one attempt older; what failed for the last time goes home."""
    last = len(failed) - 1
    return [Flow(queue, home, failed[last], "return", last)] + [Flow(queue, queue, failed[lot], "retry", lot, lot + 1) for lot in reversed(range(last))]


class CreditTenants(Mechanism):
    """Tenants who hold some days of spending in credits: they spend what they need, and fill up when they have little.

        spent = min(demand dt / par, credits);   what credits cannot pay buys tokens that are paid to providers at once, where `direct` says so
        filled up = runway demand - par credits - P queued  [fiat], when less than `refill` of the runway is left and credits are made

    Their money buys tokens from the market at the oracle's price, at most `limit` of what it has in a call; the tokens ask for credits. Providers are
    paid by `work`, in equal parts without it. [fiat], [token], [credits]; shapes [1, path], spread over holders. `settlement` "stablecoin" pays
    providers in money instead; a share `survives` of it is then still spent. Runway of a week: AEP-76.
    """

    name = "credit_tenants"
    behaviour = True
    tags: Mapping[str, Tag] = {"pay": "revenue", "bought": "trade", "direct": "reward"}
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}
    breaks: ClassVar[str] = (
        "A week of runway is a week of exposure: tenants who fill up seldom leave the vault with old prices. Without the direct way, demand stands still "
        "while the mint is halted."
    )

    class Params(Parameters):
        demand: Ref = reads("demand", "fiat/day", "what tenants would spend")
        price: Ref = reads("price", "fiat/tokens", "the oracle's price of the token")
        status: Ref = reads("credit_status", "1", "whether credits are made: 0 and 1 say yes")
        work: Ref = reads("", "job/day", "work by provider; empty: equal parts")
        customers: Ref = account("external/fiat", "where tenants' money comes from")
        tokens: Ref = account("market/token", "who sells tokens")
        proceeds: Ref = account("market/fiat", "what the sellers are paid")
        credits: Ref = account("tenants/ACT", "tenants' credits")
        queue: Ref = account("mint_queue/token", "where tokens wait to become credits")
        dues: Ref = account("due_queue/ACT", "where spent credits wait to be paid out, a row a provider")
        providers: Ref = account("providers/token", "who is paid directly")
        providers_fiat: Ref = account("providers/fiat", "who is paid when no token is used")
        par: Number = number("1", "fiat/credits", "money that a credit stands for", gt="0", source="AEP-76", date="2026-03-23")
        runway: Number = number("7", "day", "spending that tenants hold in credits", gt="0", source="AEP-76: the average tenant", date="2026-03-23")
        refill: Number = number("0.5", "1", "share of the runway below which they fill up", ge="0", le="1")
        direct: bool = option(True, "what credits cannot pay is paid in tokens at once; else it is not spent")
        limit: Number = number("1", "1", "tokens bought in a call, at most this share of what the market has", gt="0", le="1")
        settlement: Literal["credits", "stablecoin"] = option("credits", "what providers are paid in")
        survives: Number = number("1", "1", "share of spending that would still be made if no token were needed (stablecoin)", ge="0", le="1")

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, price, demand = ctx.xp, signals[p.price], signals[p.demand]
        need = demand * ctx.dt
        if p.settlement == "stablecoin":
            return [Flow(p.customers, p.providers_fiat, need * p.survives * part, "pay", None, at) for at, part in by_work(p, state, signals, xp, p.dues)], {}
        has = xp.total(state[p.credits])
        spent = xp.minimum(need / p.par, has)
        by_provider = by_work(p, state, signals, xp, p.dues)
        flows = [Flow(p.credits, p.dues, pro_rata(xp, state, p.credits, spent) * part, "spend", None, first(at)) for at, part in by_provider]
        queued = xp.total(xp.sum(state[p.queue], 0)[0]) * price
        short, ready, target = need - spent * p.par, (has - spent) * p.par + queued, demand * p.runway
        low = xp.logical_and(xp.lt(ready, p.refill * target), xp.lt(signals[p.status], HALT))
        wish = xp.where(low, target - ready, 0 * target)
        most = xp.total(state[p.tokens]) * p.limit * price
        now = xp.minimum(short, most) if p.direct else 0 * short
        ahead = xp.minimum(wish, most - now)
        flows.append(Flow(p.customers, p.proceeds, to_sellers(p, state, xp, now + ahead), "pay"))
        flows += [Flow(p.tokens, p.providers, pro_rata(xp, state, p.tokens, xp.div(now, price, 0)) * part, "direct", None, at) for at, part in by_provider]
        for i in range(rows := state[p.queue].shape[-2]):
            flows.append(Flow(p.tokens, p.queue, pro_rata(xp, state, p.tokens, xp.div(ahead, price, 0)) / rows, "bought", None, (0, slice(i, i + 1))))
        return flows, {}
