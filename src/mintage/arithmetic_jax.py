"""The JAX arithmetic: jax.numpy in float64, traced times and parameters allowed. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .arithmetic import Arithmetic

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


class JaxArithmetic(Arithmetic):
    """float64 on whatever device JAX has."""

    name = "jax"
    clip = Arithmetic._between
    snap = 1e-9
    num = staticmethod(float)
    zeros, full, where = staticmethod(jnp.zeros), staticmethod(jnp.full), staticmethod(jnp.where)
    minimum, maximum = staticmethod(jnp.minimum), staticmethod(jnp.maximum)
    exp, expm1, log, log1p, power, sqrt = (staticmethod(f) for f in (jnp.exp, jnp.expm1, jnp.log, jnp.log1p, jnp.power, jnp.sqrt))
    abs, cos, sin = staticmethod(jnp.abs), staticmethod(jnp.cos), staticmethod(jnp.sin)
    logical_and, logical_or, logical_not = staticmethod(jnp.logical_and), staticmethod(jnp.logical_or), staticmethod(jnp.logical_not)
    concatenate, take_along_axis = staticmethod(jnp.concatenate), staticmethod(jnp.take_along_axis)

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

    def floor(self, x: Any) -> Any:
        near = jnp.round(x)
        return jnp.where(self.near(x, near), near, jnp.floor(x))

    def argsort(self, x: Any, axis: int = 0) -> Any:
        """Stable order of rows (axis 0); values within 1e-9 of their run's first count as ties, and ties go to the lower row."""
        order = jnp.argsort(x, axis=axis, stable=True)
        ordered = jnp.take_along_axis(x, order, axis)

        def run(first: Any, value: Any) -> Any:
            first = jnp.where(self.near(value, first), first, value)
            return first, first

        groups = jax.lax.scan(run, ordered[0], ordered)[1]
        return jnp.take_along_axis(order, jnp.lexsort((order, groups), axis=0), 0)

    def sort(self, x: Any, axis: int = 0) -> Any:
        return jnp.take_along_axis(x, self.argsort(x, axis), axis)

    @staticmethod
    def put(a: Any, index: Any, value: Any) -> Any:
        return jnp.asarray(a).at[index].set(value)

    @staticmethod
    def add_at(a: Any, index: Any, value: Any) -> Any:
        return jnp.asarray(a).at[index].add(value)

    @staticmethod
    def check_values(x: Any) -> None:
        """Floats need no check of type."""
