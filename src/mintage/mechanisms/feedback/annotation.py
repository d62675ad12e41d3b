"""Rewards for annotation: requesters pay for tasks, annotators answer, a scorer weighs the answers, and only good ones are paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ...flows import Flow, burn
from ..base import Emitted, Mechanism, Noise, Number, Parameters, Ref, State, Tag, account, count, event, number, option, reads, refuse_unless, writes
from ..sharing import column, to_owner
from .scoring import agreement, known, one_coin

POT = -1  # who posts a simulated task, in place of a requester's row


class AnnotationRewards(Mechanism):
    """Pay for labels by quality. Each row of `tasks` is a task that can be open at once, and what it holds is its bounty.

        post: requester -> tasks[j];   label: annotator a says k of task j, once;   gold: an operator tells the answer of task j
        a task is settled at the call at which it has `needed` labels, or is `patience` old:   w_a = max(0, quality_a - floor)^power of those who labelled it
        pay_a = bounty min(1, labels / needed) w_a / sum(w), nothing below the floor;   what nobody earned returns to who posted the task
        who stays below `slash_below` with `least` answers loses a share `slash` of its stake, once a call

    quality by one of: `agreement` (correlated agreement beyond chance, -1 .. 1), `one_coin` (accuracy by EM), `gold` (accuracy on known answers), over the
    labels that the task slots hold. A bounty is outside need, paid once: a task of one's own making pays only what one put in, so asking more earns
    nothing. [token], [1]; labels [task, annotator, path]. In a simulation `answers` has today's answers of each annotator, and `budget` tokens of the pot
    are their task's bounty.
    Sources: Dawid and Skene 1979; Shnayder et al. 2016.
    """

    name = "annotation_rewards"
    breaks: ClassVar[str] = (
        "A majority that colludes is the truth to every scorer without known answers, and one-coin EM believes three of seven that tell one story. Where "
        "agreement pays and tasks are alike, everybody says the usual class; where gold tasks can be told from others, only they are answered with care."
    )
    tags: Mapping[str, Tag] = {"post": "revenue", "fund": "transfer", "reward": "reward", "refund": "transfer", "slash": "transfer"}

    class Params(Parameters):
        requesters: Ref = account("requesters/token", "who posts tasks and pays for them")
        tasks: Ref = account("tasks/token", "bounties, one row a task that can be open at once")
        annotators: Ref = account("annotators/token", "who answers and is paid")
        stakes: Ref = account("", "what annotators stand to lose; empty: nothing is slashed")
        pot: Ref = account("", "where a simulation's bounties come from; empty: tasks are posted by events only")
        answers: Ref = reads("", "1", "today's answer of each annotator in a simulation, 0 for none, as `annotation_crowd` writes it; empty: events only")
        budget: Number = number("0", "tasks", "bounty of a simulated task", ge="0")
        classes: int = count(2, "K: what can be answered, 1 to K", ge=2, le=16)
        needed: int = count(3, "labels that settle a task", ge=1)
        patience: Number = number("30", "day", "time after which a task with fewer is settled all the same, lest its bounty and its slot be stuck", gt="0")
        scorer: Literal["agreement", "one_coin", "gold"] = option("agreement", "how quality is found")
        floor: Number = number("0.05", "1", "quality below which an answer earns nothing")
        power: Number = number("1", "1", "1: pay in proportion to quality above the floor; less: more alike", gt="0")
        prior: Number = number("0.6", "1", "accuracy that a newcomer is taken for (one_coin, gold)", gt="0", lt="1")
        slash_below: Number = number("-1", "1", "quality below which stake is lost")
        least: int = count(10, "answers before stake can be lost", ge=1)
        slash: Number = number("0.05", "1", "share of stake lost in a call", ge="0", le="1")
        quality: Ref = writes("", "1", "signal that shows each annotator's quality; empty: none")

    def memory(self, p: Any, make: Callable[..., Any]) -> dict[str, Any]:
        tasks = make(0, of=p.tasks).shape[-2]
        by_task = {**{name: make(0, lots=tasks) for name in ("gold", "open", "poster")}, "until": make(0, "day", lots=tasks)}
        return {"labels": make(0, of=p.annotators, lots=tasks), **by_task, "answered": make(0, of=p.annotators), "calls": make(0)}

    @event(roles={"requester": "requesters", "task": "tasks"}, arguments={"bounty": "tasks"})
    def post(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], bounty: Any) -> Emitted:
        """A requester opens a task in a free slot and pays its bounty in."""
        xp, at = ctx.xp, rows["task"]
        refuse_unless(ctx, xp.eq(state["open"][at], 0), "annotation_rewards.post", "the slot holds an open task", "a free slot")
        refuse_unless(ctx, xp.gt(bounty, 0 * bounty), "annotation_rewards.post", "no bounty", "more than zero")
        fresh = {name: xp.put(state[name], at, 0 * state[name][at]) for name in ("labels", "gold")}
        who = xp.array(rows["requester"])[:, None, None] + 0 * state["poster"][at]
        opened = {"open": xp.put(state["open"], at, 0 * state["open"][at] + 1), "poster": xp.put(state["poster"], at, who)}
        opened["until"] = xp.put(state["until"], at, 0 * state["until"][at] + (ctx.day + p.patience))
        return [Flow(p.requesters, p.tasks, bounty, "post", rows["requester"], at)], {**fresh, **opened}

    @event(roles={"annotator": "annotators", "task": "tasks"}, arguments={"label": "1"})
    def label(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], label: Any) -> Emitted:
        """An annotator answers an open task, once: a class from 1 to K."""
        xp, task, who = ctx.xp, rows["task"], rows["annotator"]
        refuse_unless(ctx, xp.eq(state["open"][task], 1), "annotation_rewards.label", "the task is not open", "an open task")
        whole = xp.logical_and(xp.eq(xp.floor(label), label), xp.logical_and(xp.ge(label, 1), xp.le(label, p.classes)))
        refuse_unless(ctx, whole, "annotation_rewards.label, argument 'label'", "no class", f"a whole number from 1 to {p.classes}")
        refuse_unless(ctx, xp.eq(state["labels"][task, who], 0), "annotation_rewards.label", "the annotator has answered this task", "one answer a task")
        return [], {"labels": xp.put(state["labels"], (task, who), label), "answered": xp.add_at(state["answered"], who, 1 + 0 * label)}

    @event(roles={"task": "tasks"}, arguments={"label": "1"}, authority="operator")
    def gold(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], label: Any) -> Emitted:
        """An operator knows the answer of a task, and tells it to the scorer."""
        refuse_unless(ctx, ctx.xp.le(label, p.classes), "annotation_rewards.gold, argument 'label'", "no class", f"0 to {p.classes}")
        return [], {"gold": ctx.xp.put(state["gold"], rows["task"], 0 * state["gold"][rows["task"]] + label[None])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, labels, open_, answered, poster, until = ctx.xp, *(state[name] for name in ("labels", "open", "answered", "poster", "until"))
        flows: list[Flow] = []
        bounty = state[p.tasks]
        if p.answers and p.pot:
            somebody = xp.where(xp.gt(xp.total(signals[p.answers]), 0), 1, 0)
            places = xp.cumsum(0 * open_ + 1, 0) - 1
            now = xp.where(xp.eq(places, xp.mod(state["calls"], open_.shape[0]) + 0 * places), 1, 0) * somebody
            labels = labels * (1 - now) + now * signals[p.answers]
            open_, answered = open_ * (1 - now) + now, answered + xp.where(xp.gt(signals[p.answers], 0 * signals[p.answers]), 1, 0)
            poster, until = poster * (1 - now) + now * POT, until * (1 - now) + now * (ctx.day + p.patience)
            fund = xp.minimum(p.budget + 0 * bounty[:1], xp.total(state[p.pot])) * now[:, 0]
            flows.append(Flow(p.pot, p.tasks, fund, "fund"))
            bounty = bounty + fund
        quality = self.scored(p, xp, labels, state["gold"])
        done = xp.where(xp.gt(labels, 0 * labels), 1, 0)
        given = xp.minimum(xp.total(done) / p.needed, 1)  # of the labels that were asked for
        settled = open_ * xp.maximum(xp.after(given, 1, 0), xp.after(0 * until + ctx.day, until, 0))
        weight = done * settled * xp.power(xp.maximum(quality - p.floor, 0 * quality), p.power)
        shares = xp.div(weight, xp.total(weight), 0)
        due = bounty[:, None] * settled
        earned = given * xp.where(xp.gt(xp.total(weight), 0), 1, 0)
        paid = due * earned * shares
        flows += [Flow(p.tasks, p.annotators, paid[j], "reward", slice(j, j + 1), None) for j in range(paid.shape[0])]
        flows += self.refunds(p, state, xp, due * (1 - earned), poster)
        updates = {"labels": labels, "open": open_ - settled, "answered": answered, "calls": state["calls"] + 1, "poster": poster, "until": until}
        if p.stakes:
            bad = xp.logical_and(xp.lt(quality[0], p.slash_below + 0 * quality[0]), xp.ge(answered, p.least + 0 * answered))
            flows.append(burn(p.stakes, state[p.stakes] * xp.where(bad, p.slash, 0), "slash"))
        return flows, {**updates, **({p.quality: quality[0]} if p.quality else {})}

    def scored(self, p: Any, xp: Any, labels: Any, gold: Any) -> Any:
        """Quality [1, annotator, path]."""
        if p.scorer == "one_coin":
            return one_coin(xp, labels, p.classes, p.prior)[0]
        return known(xp, labels, gold, p.prior) if p.scorer == "gold" else agreement(xp, labels, p.classes)

    def refunds(self, p: Any, state: State, xp: Any, left: Any, poster: Any) -> list[Flow]:
        """What nobody earned, back to who posted it: a requester, or a simulation's pot."""
        pots = xp.where(xp.lt(poster, 0), 1, 0)
        flows = to_owner(xp, state, p.tasks, p.requesters, (left * (1 - pots))[:, 0], poster[:, 0], "refund")
        return [*flows, Flow(p.tasks, p.pot, (left * pots)[:, 0], "refund")] if p.pot else flows


class AnnotatorClass(Parameters):
    """A row of annotators: how they answer."""

    habit: Literal["honest", "lazy", "random", "colluding"] = option(
        "honest", "honest: right with `accuracy`; lazy: always class 1; colluding: all the same, wrong"
    )
    accuracy: Number = number("0.85", "1", "chance of a right answer (honest)", ge="0", le="1")
    active: Number = number("1", "1", "chance that it answers in a call", ge="0", le="1")


class AnnotationCrowd(Mechanism):
    """Annotators of a simulation: each call has one task with a hidden truth, and every row answers by its habit.

        truth uniform on 1 .. K;   honest: truth with chance `accuracy`, else a wrong class, uniformly;   lazy: 1;   random: uniform;   colluding: truth + 1

    Answers are [annotator, path], 0 for none. Live, people answer.
    """

    name = "annotation_crowd"
    behaviour = True
    breaks: ClassVar[str] = "Honest errors are alike in truth: hard tasks are hard for everybody, and a model that all of them ask is wrong for all of them."
    noise = {
        "truth": Noise("uniform"),
        "said": Noise("uniform", per="annotators"),
        "there": Noise("uniform", per="annotators"),
        "which": Noise("uniform", per="annotators"),
    }

    class Params(Parameters):
        annotators: Ref = account("annotators/token", "who answers, a row each")
        crowd: tuple[AnnotatorClass, ...] = option(..., "one for each row, or one for all", rows="annotators")
        classes: int = count(2, "K: what can be answered, 1 to K", ge=2, le=16)
        answers: Ref = writes("answers", "1", "the answer of each annotator, 0 for none")
        truth: Ref = writes("", "1", "the hidden class; empty: not shown")

    def derive(self, p: Any, xp: Any) -> dict[str, Any]:
        flags = {h: column(xp, [xp.num(int(c.habit == h)) for c in p.crowd]) for h in ("honest", "lazy", "random", "colluding")}
        return {**flags, "accuracy": column(xp, [c.accuracy for c in p.crowd]), "activity": column(xp, [c.active for c in p.crowd])}

    def step(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any) -> Emitted:
        xp, noise = ctx.xp, ctx.noise
        truth = xp.floor(noise["truth"] * p.classes) + 1
        other = xp.floor(noise["which"] * (p.classes - 1)) + 1  # a step from the truth: every wrong class alike
        wrong = xp.mod(truth - 1 + other, p.classes) + 1
        honest = xp.where(xp.lt(noise["said"], p.accuracy + 0 * noise["said"]), truth + 0 * wrong, wrong)
        guess = xp.floor(noise["said"] * p.classes) + 1
        said = p.honest * honest + p.lazy + p.random * guess + p.colluding * (xp.mod(truth, p.classes) + 1)
        there = xp.where(xp.lt(noise["there"], p.activity + 0 * noise["there"]), 1, 0)
        return [], {p.answers: said * there, **({p.truth: truth} if p.truth else {})}
