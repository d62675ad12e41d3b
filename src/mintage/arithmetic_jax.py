"""The JAX arithmetic: jax.numpy in float64, traced times and parameters allowed. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .arithmetic import LIFT, SNAP, Arithmetic

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


class JaxArithmetic(Arithmetic):
    """float64 on whatever device JAX has."""

    name = "jax"
    clip = Arithmetic._between
    snap, _lift = float(SNAP), float(LIFT)
    num = staticmethod(float)
    zeros, full, where = staticmethod(jnp.zeros), staticmethod(partial(jnp.full, dtype=jnp.float64)), staticmethod(jnp.where)
    minimum, maximum = staticmethod(jnp.minimum), staticmethod(jnp.maximum)
    exp, expm1, log, log1p, power, sqrt = (staticmethod(f) for f in (jnp.exp, jnp.expm1, jnp.log, jnp.log1p, jnp.power, jnp.sqrt))
    abs, cos, sin = staticmethod(jnp.abs), staticmethod(jnp.cos), staticmethod(jnp.sin)
    logical_and, logical_or, logical_not = staticmethod(jnp.logical_and), staticmethod(jnp.logical_or), staticmethod(jnp.logical_not)
    concatenate, take_along_axis = staticmethod(jnp.concatenate), staticmethod(jnp.take_along_axis)
    _nearest, _below = staticmethod(jnp.round), staticmethod(jnp.floor)
    _order, _sorted = staticmethod(partial(jnp.argsort, stable=True)), staticmethod(jnp.sort)

    @staticmethod
    def array(x: Any) -> Any:
        return jnp.asarray(np.asarray(x, dtype=np.float64))

    @staticmethod
    def total(x: Any) -> Any:
        return jnp.sum(x, axis=-2, keepdims=True)

    @staticmethod
    def sum(x: Any, axis: int) -> Any:
        return jnp.sum(x, axis=axis, keepdims=True)

    @staticmethod
    def max(x: Any, axis: int) -> Any:
        return jnp.max(x, axis=axis, keepdims=True)

    @staticmethod
    def cumsum(x: Any, axis: int) -> Any:
        return jnp.cumsum(x, axis=axis)

    @staticmethod
    def lookup(breaks: Sequence[int], values: Sequence[Any], t: Any) -> Any:
        row = jnp.maximum(jnp.searchsorted(jnp.asarray(breaks), t, side="right") - 1, 0)
        return jnp.stack([jnp.asarray(v) for v in values])[row]

    @staticmethod
    def div(a: Any, b: Any, default: Any) -> Any:
        some = b != 0
        return jnp.where(some, a / jnp.where(some, b, 1.0), default)

    def _runs(self, ordered: Any, axis: int) -> Any:
        rows = jnp.moveaxis(ordered, axis, 0)

        def step(carry: Any, value: Any) -> Any:
            first, run = carry
            tie = self.near(value, first)
            run = jnp.where(tie, run, run + 1)
            return (jnp.where(tie, first, value), run), run

        runs = jax.lax.scan(step, (rows[0], jnp.full(rows.shape[1:], -1)), rows)[1]
        return jnp.moveaxis(runs, 0, axis)

    @staticmethod
    def put(a: Any, index: Any, value: Any) -> Any:
        return jnp.asarray(a, dtype=jnp.float64).at[index].set(value)

    @staticmethod
    def add_at(a: Any, index: Any, value: Any) -> Any:
        return jnp.asarray(a, dtype=jnp.float64).at[index].add(value)

    @staticmethod
    def gather(a: Any, index: Any) -> Any:
        return jnp.take_along_axis(a, index.astype(jnp.int64), axis=-2)

    def below_zero(self, x: Any) -> bool:
        return not isinstance(x, jax.core.Tracer) and super().below_zero(x)

    @staticmethod
    def check_values(x: Any) -> None:
        """Floats need no check of type."""
