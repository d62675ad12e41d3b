"""Noise per (seed, name, path, step): the same path in any chunking, order, process count and horizon.

One SFC64 stream per (seed, name, block of 256 paths), spawned from a SeedSequence whose key holds a stable hash of the name.
Whole blocks are drawn, in step order, so a path's numbers depend on nothing but its place. Uniforms are k / 2^32, exact in
every arithmetic; normals are made of doubles by Box and Muller's transform.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

BLOCK = 256
DRAWN_AHEAD = 16  # steps; bounds the buffer, never changes a number
Array = NDArray[np.float64]
NONE: Mapping[str, Array] = {}


def stable_hash(name: str) -> int:
    """64 bits of SHA-256: the same in every process, unlike Python's `hash`."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


class Stream:
    """The noise of one name for consecutive blocks, drawn whole: `next()` gives [row, path] of the next call, the first `width` paths."""

    def __init__(self, seed: int, name: str, form: str, rows: int, first_block: int, blocks: int, width: int | None = None) -> None:
        key = stable_hash(name)
        self.form, self.rows, self.blocks, self.width = form, rows, blocks, width or blocks * BLOCK
        self.generators = [np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(key, first_block + b)))) for b in range(blocks)]
        self.ahead: Array = np.empty((blocks, DRAWN_AHEAD, rows, BLOCK))
        self.at = DRAWN_AHEAD

    def next(self) -> Array:
        """The next call's noise, an array of its own: a rule may keep it."""
        if self.at == DRAWN_AHEAD:
            self.draw()
            self.at = 0
        self.at += 1
        drawn = self.ahead[:, self.at - 1].swapaxes(0, 1)
        return (normals(drawn) if self.form == "normal" else drawn.copy()).reshape(self.rows, -1)[:, : self.width]

    def skip(self, calls: int) -> None:
        """Leave out the noise of so many calls. It is drawn and thrown away, because this generator cannot jump."""
        for _ in range(calls // DRAWN_AHEAD + bool(calls % DRAWN_AHEAD)):
            self.draw()
        self.at = calls % DRAWN_AHEAD or DRAWN_AHEAD

    def draw(self) -> None:
        """Fill the buffer, each block from its own stream (tried against strided layouts: within 6 % of the bare generator)."""
        for block, generator in zip(self.ahead, self.generators, strict=True):
            if self.form == "normal":
                generator.random(out=block)
            else:
                block[:] = generator.integers(0, 2**32, block.shape, dtype=np.uint32) / 2.0**32


def normals(u: Array) -> Array:
    """Standard normals of uniforms on [0, 1), [row, block, path] each: r cos and r sin, r = sqrt(-2 ln(1 - u)) of a block's first half.

    Radii are doubles, so tails reach 8.6. Directions are the block's second half in single precision, 2^24 of them, because sines and cosines of
    singles run in vectors on every CPU: a third cheaper than a ziggurat, whose sign is a branch that is mispredicted every other time.
    Source: Box and Muller 1958.
    """
    half = BLOCK // 2
    radius = 1.0 - u[..., :half]
    np.log(radius, out=radius)
    radius *= -2.0
    np.sqrt(radius, out=radius)
    angle = np.multiply(u[..., half:], 2 * np.pi, dtype=np.float32, casting="same_kind")
    out = np.empty(u.shape)
    np.multiply(radius, np.cos(angle), out=out[..., :half])
    np.multiply(radius, np.sin(angle), out=out[..., half:])
    return out


class NoiseSource:
    """All streams of one chunk. `take(call)` gives that call's noise for its next due step, by name."""

    def __init__(self, seed: int, declared: Mapping[str, Mapping[str, tuple[str, int]]], first_block: int, blocks: int, width: int | None = None) -> None:
        self.streams = {
            call: {name: Stream(seed, f"{call}.{name}", form, rows, first_block, blocks, width) for name, (form, rows) in wanted.items()}
            for call, wanted in declared.items()
            if wanted
        }

    def skip(self, calls: Mapping[str, int]) -> None:
        """Stand where a run stands in which each call has drawn so often."""
        for call, streams in self.streams.items():
            for stream in streams.values():
                stream.skip(calls[call])

    def take(self, call: str) -> Mapping[str, Array]:
        """The noise of a call's next due step; most calls have none."""
        streams = self.streams.get(call)
        return {name: stream.next() for name, stream in streams.items()} if streams else NONE
