"""Ctrl-C must reach what the tests start, also where pytest itself runs in the background of a shell, which then ignores it."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
