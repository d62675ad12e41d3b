"""`client.jobs.pay(...)`: a call of the network as an attribute, its events as methods. Whether they exist is asked when they are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Cause = Callable[..., Any]


class Calls:
    """The events of one call."""

    def __init__(self, call: str, cause: Cause) -> None:
        self._call, self._cause = call, cause

    def __getattr__(self, event: str) -> Callable[..., Any]:
        if event.startswith("__"):
            raise AttributeError(event)

        def method(*, idempotency_key: str | None = None, **values: Any) -> Any:
            return self._cause(self._call, event, idempotency_key=idempotency_key, **values)

        method.__name__ = event
        return method

    def __repr__(self) -> str:
        return f"<events of {self._call}>"
