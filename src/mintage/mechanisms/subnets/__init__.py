"""Subnets, as Bittensor has them: each with a pool of TAO against its own alpha, a share of emission, stakers, miners and an owner.

Subnets are rows: of the kind that holds the pools, and of every kind that holds alpha. Flows of alpha go from row to row, so alpha of one subnet never
becomes another's. Importing this package registers its mechanisms.
"""

from . import childkeys, dividends, emission, entry, flow, neurons, pools, prices, root, shares, split, stakers

__all__ = ["childkeys", "dividends", "emission", "entry", "flow", "neurons", "pools", "prices", "root", "shares", "split", "stakers"]
