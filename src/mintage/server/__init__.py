"""The HTTP edge of a live network: routes generated from the mechanisms' declared events."""

from .app import create_app
from .run import serve, server
from .secret import hash_secret, new_secret
from .settings import Settings

__all__ = ["Settings", "create_app", "hash_secret", "new_secret", "serve", "server"]
