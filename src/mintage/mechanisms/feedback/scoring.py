"""How good answers are when nobody knows the truth: agreement with others beyond chance, one-coin EM, and known answers.

Labels are [task, annotator, path], 0 for none and 1 .. K for a class. All rules run in every arithmetic, with a fixed number of rounds. For whole confusion
matrices offline there is `confusion_matrices`, which is crowd-kit's Dawid and Skene.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from ...errors import Fault, ServiceError
from ..sharing import total_of

ROUNDS = 6  # of EM inside a step; it settles in a handful where most labels are honest


def marks(xp: Any, labels: Any, classes: int) -> list[Any]:
    """One [task, annotator, path] of 0 and 1 for each class: who said it."""
    return [xp.where(xp.eq(labels, 0 * labels + k), 1, 0) for k in range(1, classes + 1)]


def one_coin(xp: Any, labels: Any, classes: int, prior: Any, rounds: int = ROUNDS) -> tuple[Any, list[Any]]:
    """(accuracy of each annotator [1, annotator, path], chance of each class [task, 1, path]) by EM, one coin an annotator.

        E: q_k(task) ~ prod_a (p_a if a said k else (1 - p_a) / (K - 1)),     M: p_a = (sum over its tasks of q_said + prior n0) / (tasks + n0)

    Begins with vote shares. `prior` is what a newcomer is taken for, worth n0 = 2 tasks: nobody is thought perfect for a single answer.
    """
    said = marks(xp, labels, classes)
    done = total_of(said)
    votes = xp.total(done)
    chance = [xp.div(xp.total(s), votes, xp.num(1) / classes) for s in said]
    accuracy = _accuracy(xp, said, done, chance, prior)
    for _ in range(rounds):
        right = xp.log(accuracy)
        wrong = xp.log((1 - accuracy) / (classes - 1))
        logs = [xp.total(s * right + (done - s) * wrong) for s in said]
        top = _most(xp, logs)
        weights = [xp.exp(one - top) for one in logs]
        chance = [w / total_of(weights) for w in weights]
        accuracy = _accuracy(xp, said, done, chance, prior)
    return accuracy, chance


def _accuracy(xp: Any, said: Sequence[Any], done: Any, chance: Sequence[Any], prior: Any) -> Any:
    hits = total_of([xp.sum(s * q, 0) for s, q in zip(said, chance, strict=True)])
    return xp.clip((hits + 2 * prior) / (xp.sum(done, 0) + 2), xp.num("0.001"), xp.num("0.999"))


def agreement(xp: Any, labels: Any, classes: int) -> Any:
    """Correlated agreement with S the identity: how often an annotator agrees with a peer on a shared task, less how often it would by their habits alone.

        score_a = sum_tasks (N_said - 1) / sum_tasks (n - 1)  -  sum_k f_a(k) (F_k - f_a(k)) / sum_k (F_k - f_a(k))          [1, annotator, path]

    f_a(k) is the share of a's answers that are k, F_k the sum of f over annotators. A constant strategy agrees just as often as its habit does: it earns 0 in
    expectation, whatever it says. Source: Dasgupta and Ghosh 2013; Shnayder, Agarwal, Frongillo and Parkes 2016.
    """
    said = marks(xp, labels, classes)
    done = total_of(said)
    peers = xp.total(done) - done
    agreed = total_of([s * (xp.total(s) - s) for s in said])
    shared = xp.div(xp.sum(agreed, 0), xp.sum(done * peers, 0), 0)
    habits = [xp.div(xp.sum(s, 0), xp.sum(done, 0), 0) for s in said]
    others = [xp.total(f) - f for f in habits]
    by_habit = xp.div(total_of([f * o for f, o in zip(habits, others, strict=True)]), total_of(others), 0)
    active = xp.where(xp.gt(xp.sum(done * peers, 0), 0), 1, 0)
    return (shared - by_habit) * active


def known(xp: Any, labels: Any, gold: Any, prior: Any) -> Any:
    """Share of known answers that each annotator gave right, `gold` [task, 1, path] the class or 0 where it is not known; the prior is worth two tasks."""
    counted = xp.where(xp.gt(gold, 0 * gold), 1, 0) * xp.where(xp.gt(labels, 0 * labels), 1, 0)
    right = counted * xp.where(xp.eq(labels, gold + 0 * labels), 1, 0)
    return (xp.sum(right, 0) + 2 * prior) / (xp.sum(counted, 0) + 2)


def correlated_agreement_pay(joint: Sequence[Sequence[float]], mine: Sequence[Sequence[float]] | None = None) -> float:
    """Expected pay of a strategy under correlated agreement, per shared task: sum S (J' - p' q^T), S = [J - p q^T > 0] of honest reports.

    `joint` is J, the chance that two honest annotators say (r, s); `mine` maps my signal to my report as rows of chances (None: honest). Truth earns the sum of
    the positive parts of J - p q^T, and a constant report exactly 0. Source: Shnayder et al. 2016.
    """
    size = range(len(joint))
    p, q = [sum(joint[r]) for r in size], [sum(joint[r][s] for r in size) for s in size]
    signs = [[joint[r][s] - p[r] * q[s] > 0 for s in size] for r in size]
    told = mine if mine is not None else [[float(i == j) for j in size] for i in size]
    reported = [[sum(told[i][r] * joint[i][s] for i in size) for s in size] for r in size]
    margin = [sum(told[i][r] * p[i] for i in size) for r in size]
    return sum(reported[r][s] - margin[r] * q[s] for r in size for s in size if signs[r][s])


def confusion_matrices(answers: Sequence[tuple[Any, Any, Any]], iterations: int = 100) -> tuple[dict[Any, float], dict[Any, dict[Any, dict[Any, float]]]]:
    """Dawid and Skene's EM by crowd-kit over (task, worker, label): class shares, and by worker and true class the chance of each label.

    Errors: ServiceError MT508 without the extra [feedback]. Source: Dawid and Skene 1979.
    """
    try:
        import pandas as pd
        from crowdkit.aggregation import DawidSkene
    except ImportError as missing:
        raise ServiceError(Fault("MT508", "crowd-kit", f"is not installed ({missing})", "the extra", "pip install 'mintage[feedback]'")) from missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # crowd-kit's own: of pandas, about its next version
        fitted = DawidSkene(n_iter=iterations, tol=1e-10).fit(pd.DataFrame(answers, columns=["task", "worker", "label"]))
    priors: Any = fitted.priors_
    errors: Any = fitted.errors_
    shares = {label: float(share) for label, share in priors.items()}
    workers = {w: errors.loc[w] for w in errors.index.levels[0]}
    return shares, {w: {true: {said: float(x) for said, x in table[true].items()} for true in errors.columns} for w, table in workers.items()}


def _most(xp: Any, parts: Sequence[Any]) -> Any:
    out = parts[0]
    for part in parts[1:]:
        out = xp.maximum(out, part)
    return out
