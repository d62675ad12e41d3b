"""Ids that memory has let go: a filter that says "surely new" or "perhaps known", and who is asked when it says perhaps.

The filter is a Bloom filter in stages. A stage holds a fixed number of ids at 32 bits each and 16 probes: it says "perhaps" of a new id
in 3 of 10 million cases. When it is full, one four times as large follows, so twenty stages stay below 1 in 100,000.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mintage.ledger.codec import HEAD, TRANSFER, damaged, packed_transfers, unpack
from mintage.ledger.store import Record
from mintage.ledger.types import Form, Transfer

FIRST = 1 << 16  # ids of the first stage
BITS = 32  # bits an id
PROBES = 16
GROWTH = 4

_STAGE = struct.Struct(">QQ")
_PENDING = slice(48, 64)  # where a packed transfer keeps the id of what it ends
Words = NDArray[np.uint64]


class Past(Protocol):
    """What is known of transfers that memory has let go. A projection answers at once, the journal itself by reading it through."""

    def find(self, id: int) -> Transfer | None:
        """The transfer with this id, its accounts filled in."""
        ...

    def ending(self, pending: int) -> Transfer | None:
        """The POST, VOID or EXPIRE that ended this pending transfer."""
        ...


class Nothing:
    """The past of a ledger that has forgotten nothing."""

    def find(self, id: int) -> Transfer | None:
        return None

    def ending(self, pending: int) -> Transfer | None:
        return None


class Scan:
    """The past as the journal itself tells it: slow, always right, and in need of nothing else."""

    def __init__(self, records: Callable[[], Iterator[Record]]) -> None:
        self.records = records

    def find(self, id: int) -> Transfer | None:
        return self._first(slice(0, 16), id)

    def ending(self, pending: int) -> Transfer | None:
        return self._first(_PENDING, pending)

    def _first(self, where: slice, id: int) -> Transfer | None:
        wanted = id.to_bytes(16, "big")
        for record in self.records():
            if wanted not in record.body[HEAD.size :]:
                continue  # one search in C instead of a look at each transfer
            for packed in packed_transfers(record.body):
                if packed[where] == wanted and (where is not _PENDING or packed[-2] >= Form.POST):
                    return unpack(packed)[0]
        return None


def mixed(ids: bytes) -> tuple[Words, Words]:
    """Two independent hashes of ids of 16 bytes each. Ids that count up are as good as random ones (finaliser of SplitMix64, Steele 2014)."""
    pairs = np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64)
    first = _mix(pairs[:, 1] ^ _mix(pairs[:, 0] + np.uint64(0x9E3779B97F4A7C15)))
    return first, _mix(first ^ np.uint64(0xD1B54A32D192ED03)) | np.uint64(1)


def _mix(z: Words) -> Words:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    out: Words = z ^ (z >> np.uint64(31))
    return out


class Filter:
    """The ids let go so far, as bits."""

    def __init__(self) -> None:
        self.stages: list[tuple[int, NDArray[np.uint8]]] = []  # how many ids are in it, its bits
        self.count = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def add(self, ids: bytes) -> None:
        """Take in ids of 16 bytes each."""
        at = 0
        while at < len(ids):
            if not self.stages or self.stages[-1][0] >= _capacity(self.stages[-1][1]):
                self.stages.append((0, np.zeros(FIRST * GROWTH ** len(self.stages) * BITS // 8, np.uint8)))
            held, bits = self.stages[-1]
            part = ids[at : at + 16 * (_capacity(bits) - held)]
            first, step = mixed(part)
            last = np.uint64(bits.size * 8 - 1)
            for probe in range(PROBES):
                place = (first + np.uint64(probe) * step) & last
                np.bitwise_or.at(bits, (place >> np.uint64(3)).astype(np.intp), _bit(place))
            self.stages[-1] = (held + len(part) // 16, bits)
            self.count += len(part) // 16
            at += len(part)

    def perhaps(self, ids: bytes) -> list[int]:
        """Which of these ids, by index, may have been taken in."""
        first, step = mixed(ids)
        found: set[int] = set()
        for _, bits in self.stages:
            left = np.arange(len(first))
            last = np.uint64(bits.size * 8 - 1)
            for probe in range(PROBES):  # few new ids survive the first probes
                place = (first[left] + np.uint64(probe) * step[left]) & last
                left = left[(bits[(place >> np.uint64(3)).astype(np.intp)] & _bit(place)) != 0]
                if not len(left):
                    break
            found.update(left.tolist())
        return sorted(found)

    def dump(self) -> bytes:
        """The filter as bytes."""
        return b"".join([struct.pack(">I", len(self.stages)), *(part for held, bits in self.stages for part in (_STAGE.pack(held, bits.size), bits.tobytes()))])

    @classmethod
    def load(cls, data: bytes) -> Filter:
        """The filter of such bytes."""
        out, at = cls(), 4
        for _ in range(struct.unpack_from(">I", data)[0]):
            held, size = _STAGE.unpack_from(data, at)
            at += _STAGE.size
            if at + size > len(data):
                raise damaged("a snapshot ends too early")
            out.stages.append((held, np.frombuffer(data, np.uint8, size, at).copy()))
            out.count += held
            at += size
        return out


def _capacity(bits: NDArray[np.uint8]) -> int:
    return bits.size * 8 // BITS


def _bit(place: Words) -> NDArray[np.uint8]:
    out: NDArray[np.uint8] = (np.uint64(1) << (place & np.uint64(7))).astype(np.uint8)
    return out


assert TRANSFER.size == 98 and TRANSFER.format == ">16s32s16sQQQIIBB", "the places of id, pending and form above follow from it"
