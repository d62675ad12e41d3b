"""The typed client of a live network's HTTP API: events as methods, Decimal in and out, safe to retry.

    with Client("http://127.0.0.1:8000", key="0x...") as client:
        receipt = client.jobs.pay(payer=client.address, amount="12.5")

Needs nothing of Mintage but its errors, so that a program which only talks to a network stays light.
"""

from .aio import AsyncClient, TypedAsyncClient
from .answers import ApiError, AuthError, BusyError, ConflictError, InvalidError, Movement, Receipt, Record
from .stub import write_stub
from .sync import Client, TypedClient
from .wire import Amount, Owner

__all__ = [
    "Amount",
    "ApiError",
    "AsyncClient",
    "AuthError",
    "BusyError",
    "Client",
    "ConflictError",
    "InvalidError",
    "Movement",
    "Owner",
    "Receipt",
    "Record",
    "TypedAsyncClient",
    "TypedClient",
    "write_stub",
]
