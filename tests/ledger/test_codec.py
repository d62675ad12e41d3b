"""The journal's bytes: what is written is read back, and nothing else is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.errors import LedgerError
from mintage.ledger.codec import HEAD, TRANSFER, Batch, Limiting, Note, Opened, decode, encode, packed_transfers
from mintage.ledger.types import AMOUNT_MAX, ID_MAX, Account, Form, Limit, Transfer

U32, U64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
IDS = st.integers(0, ID_MAX)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LIMITS = st.integers(0, 15).map(Limit)
TRANSFERS = st.lists(st.builds(Transfer, IDS, U64, U64, st.integers(0, AMOUNT_MAX), U32, U64, st.sampled_from(Form), st.booleans(), IDS, U32), max_size=6)
ACCOUNTS = st.builds(Account, TEXT, TEXT, TEXT, st.integers(-1, 2**31 - 1))


@st.composite
def batches(draw: Callable[..., object]) -> Batch:
    transfers = draw(TRANSFERS)
    n = len(transfers)
    notes = draw(st.lists(st.integers(0, n).flatmap(lambda f: st.builds(Note, TEXT, st.binary(max_size=30), st.just(f), st.integers(0, n - f))), max_size=3))
    return Batch(
        draw(U64),
        draw(st.lists(st.builds(Opened, U64, ACCOUNTS, LIMITS), max_size=3)),
        draw(st.lists(st.tuples(U32, TEXT), max_size=3)),
        draw(st.lists(st.builds(Limiting, U64, LIMITS, TEXT, st.integers(0, n)), max_size=3)),
        transfers,
        notes,
    )


@given(batches())
@settings(max_examples=150, deadline=None)
def test_a_batch_is_read_back_as_it_was(batch: Batch) -> None:
    body = encode(batch)
    assert decode(body) == batch
    assert encode(batch, packed_transfers(body)) == body


@given(batches(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_changed_body_is_refused_or_another_batch_and_never_anything_else(batch: Batch, data: st.DataObject) -> None:
    body = bytearray(encode(batch))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    body = body[: data.draw(st.integers(0, len(body)))] + data.draw(st.binary(max_size=4))
    _refused_or_canonical(bytes(body))


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_or_what_would_be_written(noise: bytes, begun: bool) -> None:
    _refused_or_canonical(encode(Batch(1, [], [], [], [], []))[:6] + noise if begun else noise)


def _refused_or_canonical(body: bytes) -> None:
    try:
        again = encode(decode(body))
    except LedgerError as refused:
        again = body if refused.faults[0].code == "MT702" else b""
    assert again == body


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b[:-1], "ends too early"),
        (lambda b: b + b"\0", "1 bytes follow"),
        (lambda b: b"XXXX" + b[4:], "does not begin"),
        (lambda b: b[:4] + b"\0\2" + b[6:], "format 2"),
        (lambda b: b"", "does not begin"),
        (lambda b: b[: HEAD.size + TRANSFER.size - 1] + b"\2" + b[HEAD.size + TRANSFER.size :], "not written as"),
        (lambda b: b[: HEAD.size + TRANSFER.size - 2] + b"\5" + b[HEAD.size + TRANSFER.size - 1 :], "a form that there is not"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(spoil: Callable[[bytes], bytes], says: str) -> None:
    body = encode(Batch(1, [Opened(1, Account("USD", "cash"), Limit.NONE)], [], [], [Transfer(1, 1, 2, 3)], []))
    with pytest.raises(LedgerError, match=f"MT702.*{says}"):
        decode(spoil(body))


def test_a_transfer_takes_98_bytes() -> None:
    empty, one = (len(encode(Batch(1, [], [], [], [Transfer(1, 1, 2, AMOUNT_MAX)] * n, []))) for n in (0, 1))
    assert one - empty == TRANSFER.size == 98
