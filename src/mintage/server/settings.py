"""What an operator may set: sizes, rates and patience of the HTTP edge. The defaults suit one machine that faces a proxy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Bounds of the edge. Rates are requests a second; `burst` is how many may come at once."""

    body_bytes: int = 64 * 1024
    header_bytes: int = 16 * 1024
    json_depth: int = 16
    key_rate: float = 50.0  # of one key, or of one signing address
    key_burst: int = 200
    address_rate: float = 200.0  # of one network address: bounds how much work strangers can ask for before they are known
    address_burst: int = 800
    in_flight: int = 256  # requests being answered at once, without streams
    connections: int = 1024
    streams: int = 64
    stream_records: int = 1024  # records kept for streams; a stream further behind reads the journal
    stream_patience: float = 10.0  # seconds that a consumer may leave what was sent to it unread
    heartbeat: float = 15.0  # seconds between signs of life in a quiet stream
    read_patience: float = 10.0  # seconds in which a body must have arrived
    patience: float = 30.0  # seconds in which an answer is given
    stop_patience: int = 20  # seconds that answers in flight have when the server stops
    expiry: int = 300  # how far ahead a signed request may expire, seconds
    overdue: int = 3  # epochs that may be due before /readyz says no
    run_epochs: bool = True  # run epochs when the network's clock says they are due
    poll: float = 0.25  # seconds between two looks at that clock
    log: TextIO | None = None  # where lines of the log go; nothing: stderr
    clock: Callable[[], float] = time.time
