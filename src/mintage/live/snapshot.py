"""A network's whole state as bytes and back, so that a restart need not replay the journal from its first day."""

from __future__ import annotations

import json
from dataclasses import astuple
from decimal import Decimal
from typing import Any

import numpy as np

from ..accounts import Account
from ..arithmetic_exact import EXACT, exact
from ..economy import World
from .entries import Change, Entry, Genesis, Join, Key, Proposal, decode
from .measures import Measures
from .network import Done, Line, Network

Plain = dict[str, Any]


def dump(n: Network) -> Plain:
    """All state as JSON's own types; amounts and signals as decimal text."""
    return {
        "genesis": text(n.genesis),
        "values": n.values,
        "owners": n.members.owners,
        "classes": n.members.classes,
        "step": n.step,
        "posted": n.posted,
        "tripped": n.tripped,
        "commitment": n.commitment,
        "joins": [text(e) for e in n.joins],
        "changes": [text(e) for e in n.changes],
        "proposals": {key: text(e) for key, e in n.proposals.items()},
        "keys": [text(e) for e in n.keys.values()],
        "nonces": n.nonces,
        "receipts": [[i, *astuple(d)] for i, d in n.receipts.items()],
        "measures": n.measures.dump(),
        "balances": {str(a): numbers(v) for a, v in n.world.balances.items()},
        "signals": {name: numbers(v) for name, v in n.world.signals.items()},
        "memory": {call: {name: numbers(v) for name, v in m.items()} for call, m in n.world.memory.items()},
    }


def load(plain: Plain) -> Network:
    """The network that `dump` wrote."""
    genesis = entry(plain["genesis"])
    assert isinstance(genesis, Genesis)
    n = Network(genesis)
    n.restore(plain["values"], plain["owners"], plain["classes"])
    n.step, n.posted, n.tripped, n.commitment = (plain[name] for name in ("step", "posted", "tripped", "commitment"))
    for e in map(entry, plain["joins"]):
        assert isinstance(e, Join)
        n.wait(e)
    n.changes = [e for e in map(entry, plain["changes"]) if isinstance(e, Change)]
    n.proposals = {key: e for key, written in plain["proposals"].items() if isinstance(e := entry(written), Proposal)}
    n.keys = {e.name: e for e in map(entry, plain["keys"]) if isinstance(e, Key)}
    n.nonces = dict(plain["nonces"])
    for i, digest, seq, time_ns, step, count, lines in plain["receipts"]:
        n.receipts[i] = Done(digest, seq, time_ns, step, count, tuple(Line(*line) for line in lines))
    n.measures = Measures(n.economy, n.spec.live)
    n.measures.load(plain["measures"])
    with exact():
        n.world = World(
            {Account.parse(a): array(v) for a, v in plain["balances"].items()},
            {name: array(v) for name, v in plain["signals"].items()},
            {call: {name: array(v) for name, v in m.items()} for call, m in plain["memory"].items()},
        )
    return n


def text(e: Entry) -> list[str]:
    return [e.topic, e.encode().decode()]


def entry(written: list[str]) -> Entry:
    return decode(written[0], written[1].encode())


def numbers(a: Any) -> list[Any]:
    """Shape and values, as text."""
    return [list(np.shape(a)), [str(v) for v in np.reshape(a, -1)]]


def array(plain: list[Any]) -> Any:
    out = np.empty(len(plain[1]), dtype=object)
    out[:] = [Decimal(v) for v in plain[1]]
    return EXACT.freeze(out.reshape(plain[0]))


def encode(plain: Plain) -> bytes:
    return json.dumps(plain, separators=(",", ":")).encode()
