"""A market of agents: they register to be found, negotiate, and pay each other for services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

from ..accounts import Account
from ..flows import Flow
from .base import Emitted, Mechanism, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from .burn_mint import to_sellers
from .scheduler import fill
from .sharing import Share, not_one, pro_rata, to_payees

FREE, REQUESTED, COMMITTED = range(3)  # of a negotiation's slot
ALMANAC = {"source": "uAgents configuration and Almanac contract", "date": "2026-08-20"}


class AgentMarket(Mechanism):
    """Agents keep a record to be found, hold names, negotiate payments with a deadline, and pay for services with a share to the protocol.

        a record stands until  day + record,  a name until  day + name_days;   seller: (1 - take) amount,   payees: take amount      [agents]
        request (seller) -> commit (buyer: its money is set aside in the deal's slot) or reject -> complete (seller: is paid) or cancel (seller);
        a deal that is committed and neither completed nor cancelled by its deadline is the buyer's to reclaim; one only requested lapses

    Each holder of `deals` is a slot for one negotiation, and holds what its buyer has committed; each holder of `names` is a name. Names carry no money.
    Agents also pay each other at once (`pay`), people pay agents in tokens (`hire`), and customers order in fiat (`order`), which buys the tokens from
    `tokens` at the price of the day, or with `settlement` "stablecoin" goes to agents as it is, without the protocol's share, records and what agents pay
    each other, and of such orders a share `survives` is still made. Only who is registered can ask for payment.

    In a simulation a row stands for `population` agents that are alike. A search shows the `search` best of a topic, agents being spread evenly over
    `topics`; of those who would be found the best register, as many as can each earn what its record costs, and have the money:

        spent (1 - take) score_i / (sum of registered scores) >= fee dt / record,      score_i = quality_i^taste (1 + boost priority_i)
        income_i = spent found_i score_i / sum(found score);   with `capacity`, filled in proportion to score_i x free capacity

    spent [agents] is what customers order by `demand` and buyers bring, a share `spending` of what they have; what no capacity takes is not spent.
    Of its income a row spends a share `outsourced` on other rows, by their weights and none on itself; that is paid at the next call, out of `clearing`.
    Shapes [agent, path].

    Sources: uAgents (Almanac, name service, payment protocol 0.1.0: RequestPayment, CommitPayment, RejectPayment, CompletePayment, CancelPayment).
    """

    name = "agent_market"
    breaks = (
        "Registration that is cheap beside what a search is worth fills the first page with copies of one owner: a fee bounds copies, it does not end them. "
        "Agents that pay each other in a circle look like demand; only what people or other networks bring in is. A deal's quality is nobody's to judge here."
    )
    behaviour = True
    ablation: Mapping[str, Any] = {"settlement": "stablecoin"}
    tags: Mapping[str, Tag] = {
        "order": "revenue",
        "service": "reward",
        "subcontract": "transfer",
        "between": "transfer",
        "fee": "fee",
        "register": "fee",
        "commit": "transfer",
        "return": "transfer",
    }

    class Params(Parameters):
        agents: Ref = account("agents/token", "agents' wallets, from which they pay")
        earned: Ref = account("", "where payments for services arrive, in the agents' rows; empty: in their wallets")
        buyers: Ref = account("", "people who pay in tokens that they have; empty: none")
        customers: Ref = account("", "where money of who orders in fiat comes from; empty: nobody does")
        wallets: Ref = account("", "customers' own money, which events draw on; empty: events draw on `customers`")
        tokens: Ref = account("", "who sells the tokens that orders buy")
        proceeds: Ref = account("", "what they are paid")
        fiat: Ref = account("", "where agents are paid in fiat, in their rows, where settlement is a stablecoin")
        settlement: Literal["token", "stablecoin"] = option("token", "what agents are paid in by who orders in fiat")
        survives: Number = number("1", "1", "share of orders in fiat that would still be made if no token were needed (stablecoin)", ge="0", le="1")
        deals: Ref = account("deals/token", "one holder for each negotiation that can be open at once")
        names: Ref = account("names/token", "one holder for each name")
        payees: tuple[Share, ...] = option((), "who receives fees and the protocol's share; shares sum to 1")
        fee: Number = number("0.5", "agents/node", "what a record costs an agent", ge="0", **ALMANAC)
        record: Number = number("2", "day", "how long a record stands", gt="0", **ALMANAC)
        longest: Number = number("30", "day", "longest time that a deal may ask for, lest two agents hold all slots for ever", gt="0")
        name_fee: Number = number("0", "agents", "what a name costs", ge="0")
        name_days: Number = number("60", "day", "how long a name is held", gt="0", **ALMANAC)
        take: Number = number("0", "1", "share of each service payment that goes to payees", ge="0", lt="1")
        search: int = count(100, "agents that a search shows (source: uAgents configuration, 2026-08-20)", ge=1, unit="node")
        topics: int = count(1, "kinds of services, each searched apart", ge=1)
        population: Ref = reads("", "node", "agents in each row, in a simulation; empty: `each`")
        each: Number = number("1", "node", "agents in a row", gt="0")
        quality: Ref = reads("", "1", "of each row's services, in a simulation; empty: equal")
        taste: Number = number("1", "1", "how strongly buyers prefer quality", ge="0")
        priority: Ref = reads("", "1", "1 for rows that are served first, such as `priority_slots` draws them, in a simulation; empty: none")
        boost: Number = number("1", "1", "how much more weight a row with priority has", ge="0")
        capacity: Ref = reads("", "job/day", "what one agent of each row can serve, in a simulation; empty: any amount")
        price: Ref = reads("", "fiat/agents", "the token's price: for orders in fiat, capacity and work")
        demand: Ref = reads("", "fiat/day", "what customers order, in a simulation; empty: nothing")
        task: Number = number("0.01", "fiat/job", "what a task costs its buyer", gt="0")
        spending: Number = number("1", "1", "share of what buyers have that they spend in a call, in a simulation", ge="0", le="1")
        outsourced: Number = number("0", "1", "share of its income that an agent spends on other agents' services, in a simulation", ge="0", lt="1")
        clearing: Ref = account("", "payments between agents on their way; empty: nothing is outsourced")
        income: Ref = writes("", "agents/day", "what each row is paid, before the protocol's share; empty: none")
        work: Ref = writes("", "job/day", "tasks that each row is paid for; empty: none")
        volume: Ref = writes("", "agents/day", "payments for services, those between agents included; empty: none")
        listed: Ref = writes("", "node", "agents with a record; empty: none")

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults = not_one("payees", sum((s.share for s in p.payees), Decimal(0))) if p.payees or p.fee or p.name_fee or p.take else []
        if (p.capacity or p.work or p.demand or p.customers) and not p.price:
            faults.append(("price", "none is named", "the token's price, with orders in fiat, capacity or work"))
        desk = {"customers": p.customers, "tokens": p.tokens, "proceeds": p.proceeds, "fiat": p.fiat}
        if p.demand or any(desk.values()):
            faults += [(name, "none is named", "an account, where people order in fiat") for name, place in desk.items() if not place]
        return faults if p.clearing or not p.outsourced else [*faults, ("clearing", "none is named", "an account, when services are outsourced")]

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        return {"into": p.earned or p.agents}

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        slots = {name: make(0, of=p.deals) for name in ("status", "seller", "buyer")}
        slots |= {"asked": make(0, "agents", p.deals), "deadline": make(0, "day", p.deals)}
        names = {"named": make(0, of=p.names), "expires": make(-1, "day", p.names)}
        return {**slots, **names, "until": make(-1, "day", p.agents), "owed": make(0, of=p.agents)}

    # --- records and names -----------------------------------------------------------------------------------------------

    @event(roles={"agent": "agents"}, arguments={})
    def register(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """An agent registers, or renews its record, for the fee."""
        at = rows["agent"]
        none = 0 * state[p.agents][at]
        until = ctx.xp.put(state["until"], at, 0 * state["until"][at] + (ctx.day + p.record))
        return to_payees(ctx.xp, state, p.agents, p.payees, none + p.fee * p.each, at, "register"), {"until": until}

    @event(roles={"agent": "agents", "name": "names"}, arguments={})
    def take_name(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """A registered agent takes a name that is free, or holds its own for longer."""
        xp, at, name = ctx.xp, rows["agent"], rows["name"]
        registered(state, ctx, at, "take_name")
        mine, free = xp.eq(state["named"][name], xp.array(at)[:, None]), xp.lt(state["expires"][name], ctx.day)
        refuse_unless(ctx, xp.logical_or(mine, free), "agent_market.take_name", "somebody else holds the name", "a free name")
        flows = to_payees(xp, state, p.agents, p.payees, 0 * state[p.agents][at] + p.name_fee, at, "register")
        named = xp.put(state["named"], name, 0 * state["named"][name] + xp.array(at)[:, None])
        return flows, {"named": named, "expires": xp.put(state["expires"], name, 0 * state["expires"][name] + (ctx.day + p.name_days))}

    # --- negotiation -----------------------------------------------------------------------------------------------------

    @event(roles={"seller": "agents", "buyer": "agents", "deal": "deals"}, arguments={"amount": "agents", "days": "day"})
    def request_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any, days: Any) -> Emitted:
        """A registered seller asks a buyer for `amount`, to be committed and completed within `days`; in a slot that is free, or whose request has lapsed."""
        refuse_unless(ctx, ctx.xp.le(days, p.longest), "agent_market.request_payment, argument 'days'", "longer than a slot can be held", "at most `longest`")
        xp, at = ctx.xp, rows["deal"]
        registered(state, ctx, rows["seller"], "request_payment")
        status, lapsed = state["status"][at], xp.lt(state["deadline"][at], ctx.day)
        free = xp.logical_or(xp.eq(status, FREE), xp.logical_and(xp.eq(status, REQUESTED), lapsed))
        refuse_unless(ctx, free, "agent_market.request_payment", "the slot holds another deal", "a free slot")
        refuse_unless(ctx, xp.gt(amount, 0), "agent_market.request_payment", "nothing is asked for", "an amount above 0")
        two(ctx, rows["seller"], rows["buyer"], "request_payment")
        both = {role: xp.array(rows[role])[:, None] for role in ("seller", "buyer")}
        new = {**both, "status": REQUESTED, "asked": amount, "deadline": days + ctx.day}
        return [], {name: xp.put(state[name], at, 0 * state[name][at] + value) for name, value in new.items()}

    @event(roles={"buyer": "agents", "seller": "agents", "deal": "deals"}, arguments={"amount": "agents"})
    def commit_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The buyer sets aside what this seller asked for, where that is `amount` at most: a request may have been replaced since it was read."""
        xp, at = ctx.xp, rows["deal"]
        for role in ("buyer", "seller"):
            party(state, ctx, rows, role, REQUESTED, REQUESTED, "commit_payment")
        refuse_unless(ctx, xp.le(state["asked"][at], amount), "agent_market.commit_payment", "more is asked for", "a request within the amount")
        refuse_unless(ctx, xp.le(ctx.day, state["deadline"][at]), "agent_market.commit_payment", "the deadline is over", "a commitment in time")
        return [Flow(p.agents, p.deals, state["asked"][at], "commit", rows["buyer"], at)], changed(xp, state, at, COMMITTED)

    @event(roles={"buyer": "agents", "deal": "deals"}, arguments={})
    def reject_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The buyer declines."""
        party(state, ctx, rows, "buyer", REQUESTED, REQUESTED, "reject_payment")
        return [], changed(ctx.xp, state, rows["deal"], FREE)

    @event(roles={"seller": "agents", "deal": "deals"}, arguments={})
    def complete_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The seller has served and takes what was committed, less the protocol's share."""
        party(state, ctx, rows, "seller", COMMITTED, COMMITTED, "complete_payment")
        at = rows["deal"]
        return served(p, state, ctx.xp, p.deals, at, rows["seller"], state[p.deals][at]), changed(ctx.xp, state, at, FREE)

    @event(roles={"seller": "agents", "buyer": "agents", "deal": "deals"}, arguments={})
    def cancel_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The seller withdraws; what was committed returns to the buyer."""
        at = rows["deal"]
        party(state, ctx, rows, "seller", REQUESTED, COMMITTED, "cancel_payment")
        party(state, ctx, rows, "buyer", REQUESTED, COMMITTED, "cancel_payment")
        return [Flow(p.deals, p.agents, state[p.deals][at], "return", at, rows["buyer"])], changed(ctx.xp, state, at, FREE)

    @event(roles={"buyer": "agents", "deal": "deals"}, arguments={})
    def reclaim_payment(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any]) -> Emitted:
        """The buyer takes back what it committed, once the deadline is over."""
        at = rows["deal"]
        party(state, ctx, rows, "buyer", COMMITTED, COMMITTED, "reclaim_payment")
        refuse_unless(ctx, ctx.xp.gt(ctx.day, state["deadline"][at]), "agent_market.reclaim_payment", "the deadline is not over", "one that is")
        return [Flow(p.deals, p.agents, state[p.deals][at], "return", at, rows["buyer"])], changed(ctx.xp, state, at, FREE)

    # --- payments at once ------------------------------------------------------------------------------------------------

    @event(roles={"payer": "agents", "payee": "agents"}, arguments={"amount": "agents"})
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """An agent pays another for a service."""
        two(ctx, rows["payer"], rows["payee"], "pay")
        return served(p, state, ctx.xp, p.agents, rows["payer"], rows["payee"], amount), {}

    @event(roles={"buyer": "buyers", "agent": "agents"}, arguments={"amount": "agents"})
    def hire(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Somebody pays an agent for a service, in tokens."""
        return served(p, state, ctx.xp, p.buyers, rows["buyer"], rows["agent"], amount) if p.buyers else [], {}

    @event(roles={"customer": "wallets|customers", "agent": "agents"}, arguments={"amount": "fiat"})
    def order(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A customer pays an agent for a service, in fiat: the agent gets the tokens that it buys. What sellers do not have is refused."""
        if not p.customers:
            return [], {}
        xp, purse, at, to = ctx.xp, p.wallets or p.customers, rows["customer"], rows["agent"]
        if p.settlement == "stablecoin":
            return [Flow(purse, p.fiat, amount, "order", at, to)], {}
        flows = [Flow(purse, p.proceeds, to_sellers(p, state, xp, amount), "order", at)]
        for seller, part in by_holder(xp, state, p.tokens, amount / signals[p.price]):
            flows += served(p, state, xp, p.tokens, seller, to, part)
        return flows, {}

    # --- a simulated population --------------------------------------------------------------------------------------------

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, wallet = ctx.xp, state[p.agents]
        number = signals[p.population] if p.population else xp.full((wallet.shape[-2], 1), p.each)
        score = self.scores(p, state, signals, xp)
        bought, own = self.brought(p, state, signals, ctx)
        spent, each = bought + own, p.fee * (ctx.dt / p.record)
        if p.settlement == "stablecoin":
            each = 0 * each  # nobody has a token to pay for a record with
        visible = seen(p, xp, number, score)
        found = visible * self.worth_it(p, xp, wallet, visible, score, spent * (1 - p.take), each)
        weight = found * score
        income = self.orders(p, signals, ctx, spent, found, score)
        share, used = xp.div(income, xp.total(income), 0), xp.div(xp.total(income), spent, 0)
        rest = income * (1 - p.take)
        renewed = xp.minimum(each * found, wallet if p.earned else wallet + rest)
        flows = self.payments(p, state, signals, xp, bought * used, own * used, share)
        flows += to_payees(xp, state, p.agents, p.payees, renewed, None, "register")
        told, between = dict[str, Any](), 0 * spent
        if p.clearing and p.settlement == "token":
            sent, told["owed"] = outsourcing(xp, xp.minimum(rest * p.outsourced, xp.maximum(wallet - renewed, 0)), weight)
            due = state[p.clearing] * xp.total(state["owed"])
            between = xp.total(sent)
            flows += [Flow(p.clearing, p.into, due * state["owed"] * (1 - p.take), "between"), Flow(p.agents, p.clearing, sent, "subcontract")]
            flows += to_payees(xp, state, p.clearing, p.payees, due * p.take, None)
        shown = {p.volume: (xp.total(income) + between) / ctx.dt, p.listed: xp.total(found), p.income: income / ctx.dt}
        if p.work:
            shown[p.work] = income * signals[p.price] / p.task / ctx.dt
        return flows, told | {name: value for name, value in shown.items() if name}

    def scores(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any) -> Any:
        """How much buyers prefer each row's agents."""
        score = xp.power(signals[p.quality], p.taste) if p.quality else xp.full((state[p.agents].shape[-2], 1), xp.num(1))
        return score * (1 + p.boost * signals[p.priority]) if p.priority else score

    def brought(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> tuple[Any, Any]:
        """What customers' fiat is worth in tokens, as far as sellers have them, and what buyers spend of their own [agents], [1, path]."""
        xp = ctx.xp
        own = xp.total(state[p.buyers]) * p.spending if p.buyers else 0 * xp.total(state[p.agents])
        if not p.demand:
            return 0 * own, own
        bought = signals[p.demand] * ctx.dt / signals[p.price]
        return (bought * p.survives if p.settlement == "stablecoin" else xp.minimum(bought, xp.total(state[p.tokens]))), own

    def payments(self, p: Any, state: State, signals: Mapping[str, Any], xp: Any, bought: Any, own: Any, share: Any) -> list[Flow]:
        """The flows of `bought` and `own` [agents], [1, path], to each row by its share."""
        flows, sources = [], [(p.buyers, own)] if p.buyers else []
        if p.demand and p.settlement == "stablecoin":
            flows = [Flow(p.customers, p.fiat, bought * signals[p.price] * share, "order")]
        elif p.demand:
            flows, sources = [Flow(p.customers, p.proceeds, to_sellers(p, state, xp, bought * signals[p.price]), "order")], [(p.tokens, bought), *sources]
        for place, amount in sources:
            for at, part in by_holder(xp, state, place, amount):
                flows.append(Flow(place, p.into, part * share * (1 - p.take), "service", at))
                flows += to_payees(xp, state, place, p.payees, part * p.take, at)
        return flows

    def worth_it(self, p: Any, xp: Any, wallet: Any, visible: Any, score: Any, spent: Any, each: Any) -> Any:
        """Share of each row's visible agents that keep a record: the best first, as many as each earn the record's price `each`, and have it."""
        better, tied = ranked(p, xp, visible * score, score)
        pays = xp.clip(xp.div(spent * score - each * better, each * tied, 1), 0, 1)
        if not p.earned:  # what it earns in a call can pay for its record
            wallet = wallet + spent * xp.div(visible * score, xp.total(visible * score), 0)
        return xp.minimum(pays, xp.div(wallet, each * visible, 1))

    def orders(self, p: Any, signals: Mapping[str, Any], ctx: Any, spent: Any, found: Any, score: Any) -> Any:
        """What buyers pay each row in a call [agents]."""
        xp = ctx.xp
        if not p.capacity:
            weight = found * score
            return spent * xp.div(weight, xp.total(weight), 0)
        most = signals[p.capacity] * (found / p.each) * (ctx.dt * p.task / signals[p.price])
        return fill(most, xp.minimum(spent, xp.total(most)), score, xp)


def registered(state: State, ctx: Any, at: Any, what: str) -> None:
    """Refuse unless the agents' records stand."""
    refuse_unless(ctx, ctx.xp.ge(state["until"][at], ctx.day), f"agent_market.{what}", "the agent has no record, or it has lapsed", "a registered agent")


def two(ctx: Any, one: Any, other: Any, what: str) -> None:
    """Refuse unless the rows of two roles differ: who pays itself would only look busy."""
    same = ctx.xp.eq(ctx.xp.array(one), ctx.xp.array(other))
    refuse_unless(ctx, ctx.xp.logical_not(same), f"agent_market.{what}", "the payer is who is paid", "two agents")


def party(state: State, ctx: Any, rows: Mapping[str, Any], role: str, low: int, high: int, what: str) -> None:
    """Refuse unless who is named in `role` stands in it in the deal, and the deal's status is from `low` to `high`."""
    xp, at = ctx.xp, rows["deal"]
    status, where = state["status"][at], f"agent_market.{what}"
    refuse_unless(ctx, xp.eq(state[role][at], xp.array(rows[role])[:, None]), where, f"the deal has another {role}", "a deal of one's own")
    refuse_unless(ctx, xp.logical_and(xp.ge(status, low), xp.le(status, high)), where, "the deal is not at this point", "one that is")


def changed(xp: Any, state: State, at: Any, status: int) -> dict[str, Any]:
    """The status of the deals `at` becomes `status`."""
    return {"status": xp.put(state["status"], at, 0 * state["status"][at] + status)}


def served(p: Any, state: State, xp: Any, source: Any, at: Any, to: Any, amount: Any) -> list[Flow]:
    """The flows of a payment for a service: the seller's part, and the protocol's."""
    return [Flow(source, p.into, amount * (1 - p.take), "service", at, to), *to_payees(xp, state, source, p.payees, amount * p.take, at)]


def by_holder(xp: Any, state: State, place: Account, amount: Any) -> list[tuple[Any, Any]]:
    """`amount` [1, path] as (row, part) of each holder of `place`, by what it has there."""
    each = pro_rata(xp, state, place, amount)
    return [(None, each)] if each.shape[-2] == 1 else [(slice(i, i + 1), each[i : i + 1]) for i in range(each.shape[-2])]


def seen(p: Any, xp: Any, number: Any, score: Any) -> Any:
    """Of each row's agents, those that a search of their topic shows: the best first, of equal ones the same share of each row [node]."""
    better, tied = ranked(p, xp, number, score)
    return number * xp.clip(xp.div(p.search * p.topics * p.each - better, tied, 0), 0, 1)


def ranked(p: Any, xp: Any, amount: Any, score: Any) -> tuple[Any, Any]:
    """Of `amount` [row, path]: the sum over rows with a better score, and over those with the same one."""
    if not (p.quality or p.priority):
        return 0 * amount, xp.total(amount)
    better, tied = 0 * amount, 0 * amount
    for j in range(score.shape[-2]):
        one, many = score[j : j + 1], amount[j : j + 1] + 0 * amount
        better = better + xp.where(xp.gt(one, score), many, 0 * many)
        tied = tied + xp.where(xp.eq(one, score), many, 0 * many)
    return better, tied


def outsourcing(xp: Any, wish: Any, weight: Any) -> tuple[Any, Any]:
    """What each row sends to other rows, where there are any to be found, and the share of it all that each row is to receive: by weight, and
    nothing from itself."""
    whole = xp.total(weight)
    others = xp.gt(whole, weight)
    sent = xp.where(others, wish, 0 * wish)
    per_weight = xp.where(others, xp.div(sent, whole - weight, 0), xp.div(0 * sent, whole, 0))
    due = weight * (xp.total(per_weight) - per_weight)
    return sent, xp.div(due, xp.total(due), 0)
