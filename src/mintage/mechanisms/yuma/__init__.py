"""Yuma Consensus, with which Bittensor pays miners and validators: pure functions of an epoch, and the mechanisms around it.

Importing this package registers its mechanisms.
"""

from . import mechanism, raters

__all__ = ["mechanism", "raters"]
