"""Equity beside a token: listing a company that holds tokens, the price of its share, arbitrage between the two, and who gains by what is paid out.

A share that is backed by compute is `compute_peg` on an asset of form share: issued for verified hours, redeemed against the reserve.
"""

from __future__ import annotations

from .listing import Listing
from .payout import DualClassTreasury, ShareBurnRule, TokenDividend
from .share import ShareArbitrage, SharePrice

__all__ = ["DualClassTreasury", "Listing", "ShareArbitrage", "ShareBurnRule", "SharePrice", "TokenDividend"]
