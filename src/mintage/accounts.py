"""Accounts: the named places where an asset rests.

An account is (kind, asset), live also an owner. Every kind may be a population: arrays have shape [..., holder, path], an
aggregate is a population of one. Three kinds always exist: `external` (the world outside: customers' money comes from it,
providers' costs go to it), `issuance` (minting is a transfer out of it) and `burned` (burning is a transfer into it). So all
accounts of an asset sum to zero at all times, and supply is read off: -(issuance) - burned.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Role = Literal["customer", "provider", "insider", "investor", "treasury", "community", "liquidity", "staked", "escrow", "public", "outside"]


class Account(NamedTuple):
    """A kind holding one asset, written `kind/ASSET`."""

    kind: str
    asset: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.asset}"

    @classmethod
    def parse(cls, text: str) -> Account:
        kind, slash, asset = text.partition("/")
        if not (slash and kind and asset and "/" not in asset):
            raise ValueError(f"{text!r} is not an account: write kind/ASSET, such as providers/RENDER")
        return cls(kind, asset)


@dataclass(frozen=True)
class Asset:
    """Something that can be held: the token, fiat, a pool share.

    `decimals` [1] is the number of places of a base unit; `cap` [asset] bounds what may ever be outstanding (supply), None
    when there is no bound.
    """

    name: str
    decimals: int = 18
    form: Literal["token", "fiat", "share"] = "token"
    cap: Decimal | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of account. `overdraft` may go below zero; `circulating` counts as float; `role` is who stands behind it.

    `members` says who may join it live with a row of their own: nobody (""), anyone ("open"), or whoever joins the kind of that name.
    """

    name: str
    assets: tuple[str, ...]
    holders: int = 1
    overdraft: bool = False
    circulating: bool = True
    role: Role = "public"
    members: str = ""


EXTERNAL, ISSUANCE, BURNED = "external", "issuance", "burned"
OUTSIDE = (EXTERNAL, ISSUANCE, BURNED)


def standard_kinds(assets: tuple[str, ...]) -> tuple[Kind, ...]:
    """The three kinds that every economy has, for all its assets."""
    return (
        Kind(EXTERNAL, assets, overdraft=True, circulating=False, role="outside"),
        Kind(ISSUANCE, assets, overdraft=True, circulating=False, role="outside"),
        Kind(BURNED, assets, circulating=False, role="outside"),
    )
