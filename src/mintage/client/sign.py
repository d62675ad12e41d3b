"""Signs requests with a private key: EIP-712 typed data, or EIP-191 text, as the server's docs define them."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

FIELDS = [("method", "string"), ("path", "string"), ("body", "bytes32"), ("nonce", "uint256"), ("expires", "uint256")]
DOMAIN = [("name", "string"), ("version", "string"), ("salt", "bytes32")]
VALID = 240  # seconds: all attempts of a request go with one signature, because another one would be another request


class Signer:
    """A private key. Nonces are times in nanoseconds that only rise, so that programs which share a key seldom disturb each other."""

    def __init__(self, key: str, scheme: str = "eip712") -> None:
        self._account = Account.from_key(key)
        self.scheme = scheme
        self.address = str(self._account.address).lower()
        self._last, self._lock = 0, threading.Lock()

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def nonce(self) -> int:
        """The next nonce."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return self._last

    def headers(self, network: str, method: str, path: str, body: bytes, nonce: int, expires: int) -> dict[str, str]:
        """The headers of a signed request."""
        digest = hashlib.sha256(body).digest()
        if self.scheme == "eip712":
            message = {"method": method, "path": path, "body": digest, "nonce": nonce, "expires": expires}
            signable = encode_typed_data(full_message=typed_data(network, message))
        else:
            text = f"Mintage request\nnetwork: {network}\nmethod: {method}\npath: {path}\nbody: 0x{digest.hex()}\nnonce: {nonce}\nexpires: {expires}"
            signable = encode_defunct(text=text)
        return {
            "Mintage-Address": self.address,
            "Mintage-Signature": "0x" + bytes(self._account.sign_message(signable).signature).hex(),
            "Mintage-Nonce": str(nonce),
            "Mintage-Expires": str(expires),
            "Mintage-Scheme": self.scheme,
        }


def typed_data(network: str, message: dict[str, Any]) -> dict[str, Any]:
    """The EIP-712 document of a request."""
    return {
        "types": {"EIP712Domain": [{"name": n, "type": t} for n, t in DOMAIN], "Request": [{"name": n, "type": t} for n, t in FIELDS]},
        "primaryType": "Request",
        "domain": {"name": "Mintage", "version": "1", "salt": bytes.fromhex(network.removeprefix("0x"))},
        "message": message,
    }
