"""Is any id used twice? Answered for a journal of any length in bounded memory.

Each id is folded to 64 bits. Folded ids gather in arrays; when they are many they go to files by their highest bits, so that at the end
each file can be sorted alone. Two equal folded ids are only a suspicion: the exact ids are then looked up in the journal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from .codec import HEAD, TRANSFER
from .store import Record

FILES = 64
IN_MEMORY = 4_000_000  # folded ids of 8 bytes
IDS = np.dtype({"names": ["high", "low"], "formats": [">u8", ">u8"], "offsets": [0, 8], "itemsize": TRANSFER.size})
ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads ids that count up
Keys = np.ndarray[Any, np.dtype[np.uint64]]


def folded(body: bytes, count: int) -> Keys:
    """The ids of a record's transfers, each folded to 64 bits."""
    ids = np.frombuffer(body, IDS, count, HEAD.size)
    keys: Keys = (ids["high"].astype(np.uint64) ^ (ids["low"].astype(np.uint64) * ODD)) * ODD
    return keys


class Ids:
    """All ids of a journal, folded."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self.in_memory, self.held = in_memory, 0
        self.arrays: list[Keys] = []
        self.files: list[IO[bytes]] = []

    def add(self, keys: Keys) -> None:
        self.arrays.append(keys)
        self.held += len(keys)
        if self.held >= self.in_memory:
            self._spill()

    def _spill(self) -> None:
        if not self.arrays:
            return
        if not self.files:
            self.files = [tempfile.TemporaryFile() for _ in range(FILES)]  # noqa: SIM115  (closed by `close`)
        keys = np.sort(np.concatenate(self.arrays))
        bounds = np.searchsorted(keys >> np.uint64(58), np.arange(FILES + 1, dtype=np.uint64))
        for file, a, b in zip(self.files, bounds, bounds[1:], strict=False):
            file.write(keys[a:b].tobytes())
        self.arrays, self.held = [], 0

    def suspects(self) -> set[int]:
        """Folded ids that occur more than once."""
        if self.files:
            self._spill()
            return {key for file in self.files for key in _twice(_content(file))}
        return set(_twice(np.concatenate(self.arrays))) if self.arrays else set()

    def close(self) -> None:
        for file in self.files:
            file.close()


def _content(file: IO[bytes]) -> Keys:
    file.seek(0)
    return np.frombuffer(file.read(), np.uint64)


def _twice(keys: Keys) -> list[int]:
    keys = np.sort(keys)
    return [int(k) for k in np.unique(keys[1:][keys[1:] == keys[:-1]])]


def twice(records: Iterable[Record], suspects: set[int]) -> list[tuple[int, int, int, int, int]]:
    """The ids among the suspects that were really used again: (id, seq and idx of the first, seq and idx of the other)."""
    first: dict[int, tuple[int, int]] = {}
    found = []
    wanted = np.array(sorted(suspects), np.uint64)
    for record in records:
        count = int.from_bytes(record.body[14:18], "big")
        ids = np.frombuffer(record.body, IDS, count, HEAD.size)
        for idx in np.flatnonzero(np.isin(folded(record.body, count), wanted)).tolist():
            id = int(ids["high"][idx]) << 64 | int(ids["low"][idx])
            if id in first:
                found.append((id, *first[id], record.seq, idx))
            else:
                first[id] = (record.seq, idx)
    return found
