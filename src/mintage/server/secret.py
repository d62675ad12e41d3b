"""Secrets of API keys: random, shown once, known afterwards only by their hash."""

from __future__ import annotations

import hashlib
import re
import secrets

PREFIX = "mk_"
FORM = re.compile(r"mk_[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """A new API key: `mk_` and 256 random bits in base64url."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """The name under which the network knows a key: SHA-256 of its text, in hex. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
