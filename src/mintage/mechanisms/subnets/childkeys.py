"""Child keys: a validator lends parts of its stake to others, who validate with it and pay it dividends for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..base import Emitted, Mechanism, Number, Parameters, Ref, State, account, count, event, number, option, reads, refuse_unless, writes
from .pools import CODE, DATE


class Loan(Parameters):
    """A part of a parent's stake that is lent from the start."""

    parent: int = count(None, "the parent's row")
    child: int = count(None, "the child's row")
    share: Number = number(None, "1", "the part", ge="0", le="1")


class Childkeys(Mechanism):
    """Stake by child keys in one subnet, and dividends by parents. Parent i lends the part P_ij of its stake to child j.

        stake_j = w_j (1 - sum_k P_jk) + sum_i w_i P_ij,   w = alpha + tau x TAO on root        [alpha]
        of child j's dividend d_j the part w_i P_ij / stake_j is parent i's, less take_j of it, which stays with the child (none between one owner's keys)

    P_ij <= 1, sum_j P_ij <= 1, at most `children` of them, none of oneself, and nobody is both parent and child of the same key. What is set takes
    effect with the next call, as on the chain with the next epoch. Dividends after parents sum to dividends before. Shapes [hotkey, path], of P
    [parent, child, path]. Call it before the epoch that reads `stake`; dividends are those of the last epoch.

    Source: Bittensor, subtensor pallets/subtensor/src/staking/set_children.rs, staking/stake_utils.rs (get_inherited_for_hotkey_on_subnet) and
    coinbase/run_coinbase.rs (get_parent_child_dividends_distribution) at 14bc6f9f964b; the burn of dividends between owners, 0 there, is left out.
    """

    name = "childkeys"
    breaks: ClassVar[str] = (
        "Stake that can be lent shows up where nobody chose to stake: a few parents decide who validates everywhere. A child that copies weights "
        "takes its part for no work, and its parents cannot see it."
    )

    class Params(Parameters):
        alpha: Ref = account("hotkeys/ALPHA", "hotkeys' own stake, a row a hotkey")
        delegated: Ref = account("", "what others stake with them, the same rows; empty: nothing")
        backing: Ref = account("roots/token", "TAO on root behind each, the same rows")
        owners: Ref = reads("", "1", "a number for who owns each hotkey; empty: all have different owners")
        dividends: Ref = reads("epoch_dividends", "1", "d: what each hotkey's epoch earned")
        stake: Ref = writes("stake", "alpha", "stake after lending")
        after: Ref = writes("dividends", "1", "dividends after parents had theirs")
        tau: Number = number("0.18", "alpha/backing", "weight of TAO staked on root against alpha", ge="0", source=CODE, date=DATE)
        take: Number = number("0", "1", "children's take at the start", ge="0", le="0.18", source=CODE, date=DATE)
        most: Number = number("0.18", "1", "largest take", ge="0", le="1", source=CODE, date=DATE)
        loans: tuple[Loan, ...] = option((), "what is lent from the start")
        children: int = count(5, "children of one key, at most", ge=1)

    def validate(self, p: Any) -> list[tuple[str, str, str]]:
        faults, pairs = [], {(loan.parent, loan.child) for loan in p.loans}
        for i in {loan.parent for loan in p.loans}:
            lent = [loan.share for loan in p.loans if loan.parent == i]
            if sum(lent) > 1 or len(lent) > p.children:
                faults.append(("loans", f"{len(lent)} children with {sum(lent)} of the stake of hotkey {i}", f"at most {p.children}, and all of it"))
        if any((b, a) in pairs for a, b in pairs):
            faults.append(("loans", "two hotkeys lend to each other, or one to itself", "no circles of two or one"))
        return faults

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        hotkeys = make(p.take, of=p.alpha)
        lent, wished = (make(0, of=p.alpha, lots=hotkeys.shape[-2]) for _ in range(2))
        return {"take": hotkeys, "lent": lent, "wished": wished, "begun": make(0)}

    @event(roles={"parent": "alpha", "child": "alpha"}, arguments={"share": "1"})
    def set_child(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """A parent lends `share` of its stake to a child, in place of what it lent to it before; 0 takes it back."""
        xp, parent, child = ctx.xp, rows["parent"], rows["child"]
        where = "childkeys.set_child"
        apart = xp.logical_not(xp.eq(xp.array(parent)[:, None], xp.array(child)[:, None]))
        refuse_unless(ctx, apart, where, "parent and child are the same key", "another key")
        wished = xp.put(state["wished"], (parent, child), share)
        back = xp.minimum(state["wished"][(child, parent)], share)
        refuse_unless(ctx, xp.eq(back, 0 * back), where, "the child is the parent's parent", "keys of which neither lends to the other yet")
        own = wished[parent]  # [event, child, path]
        refuse_unless(ctx, xp.le(xp.total(own), 1), where, "more than all of the stake would be lent", "shares that sum to 1 at most")
        number_ = xp.total(xp.div(own, own, 0))
        refuse_unless(ctx, xp.le(number_, p.children), where, "too many children", f"{p.children} at most")
        return [], {"wished": wished}

    @event(roles={"child": "alpha"}, arguments={"share": "1"})
    def set_take(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], share: Any) -> Emitted:
        """A child sets its take of what it earns for others."""
        refuse_unless(ctx, ctx.xp.le(share, p.most), "childkeys.set_take, argument 'share'", "more than a child may take", f"{p.most} at most")
        return [], {"take": ctx.xp.put(state["take"], rows["child"], share)}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, lent = ctx.xp, state["lent"]
        own, wished, first = weighed(p, state), state["wished"], 1 - state["begun"]
        for loan in p.loans:
            wished = xp.add_at(wished, (loan.parent, loan.child), first[0] * loan.share)
        earned = after_parents(xp, signals[p.dividends], own, lent, state["take"], signals[p.owners] if p.owners else None)
        return [], {p.stake: inherited(xp, own, wished), p.after: earned, "lent": wished, "wished": wished, "begun": 0 * first + 1}


def weighed(p: Any, state: State) -> Any:
    """w: what each hotkey holds itself [alpha]."""
    own = state[p.alpha] + state[p.backing] * p.tau
    return own + state[p.delegated] if p.delegated else own


def inherited(xp: Any, own: Any, lent: Any) -> Any:
    """Stake after lending [hotkey, path]: `own` is each one's, `lent` [parent, child, path] the parts lent."""
    return own * (1 - xp.total(lent)[:, 0]) + xp.sum(own[:, None] * lent, 0)[0]


def after_parents(xp: Any, dividends: Any, own: Any, lent: Any, take: Any, owners: Any = None) -> Any:
    """Dividends once parents had their part of what their children earned [hotkey, path]."""
    part = own[:, None] * lent * xp.div(dividends, inherited(xp, own, lent), 0)  # [parent, child, path]: of the child's dividend, by stake
    if owners is not None:
        take = take * xp.minimum(xp.abs(owners[:, None] - owners), 1)  # whole numbers: 0 between keys of one owner
    paid = part * (1 - take)
    return dividends - xp.sum(paid, 0)[0] + xp.total(paid)[:, 0]
