"""What a signer signs, and who signed: EIP-712 typed data, or EIP-191 text with the same fields, over secp256k1.

    Request(string method,string path,bytes32 body,uint256 nonce,uint256 expires)   in the domain (name "Mintage", version "1", salt = network)

`body` is the SHA-256 of the request's body, `path` has its query, `expires` is in Unix seconds. The salt is the digest of one network, so
nothing that was signed for a test network moves money in another.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from eth_hash.auto import keccak
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from .refused import refuse

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SCHEMES = ("eip712", "eip191")
FORM = re.compile(r"0x[0-9a-f]{130}")
REQUEST = keccak(b"Request(string method,string path,bytes32 body,uint256 nonce,uint256 expires)")
DOMAIN = keccak(b"EIP712Domain(string name,string version,bytes32 salt)")


class Signed(NamedTuple):
    """What a signature covers. `network` and `body` are 32 bytes."""

    network: bytes
    method: str
    path: str
    body: bytes
    nonce: int
    expires: int


@lru_cache(maxsize=64)
def domain(network: bytes) -> bytes:
    """The domain separator of a network."""
    return bytes(keccak(DOMAIN + keccak(b"Mintage") + keccak(b"1") + network))


def digest(signed: Signed, scheme: str) -> bytes:
    """The 32 bytes that are signed."""
    if scheme == "eip712":
        words = _word(signed.method) + _word(signed.path) + signed.body
        fields = words + signed.nonce.to_bytes(32, "big") + signed.expires.to_bytes(32, "big")
        return bytes(keccak(b"\x19\x01" + domain(signed.network) + keccak(REQUEST + fields)))
    text = canonical(signed).encode()
    return bytes(keccak(b"\x19Ethereum Signed Message:\n%d" % len(text) + text))


@lru_cache(maxsize=1024)
def _word(text: str) -> bytes:
    """Hash of a method or a path: the same few come again and again."""
    return bytes(keccak(text.encode()))


def canonical(signed: Signed) -> str:
    """The text that a wallet without typed data shows and signs."""
    return (
        f"Mintage request\nnetwork: 0x{signed.network.hex()}\nmethod: {signed.method}\npath: {signed.path}\n"
        f"body: 0x{signed.body.hex()}\nnonce: {signed.nonce}\nexpires: {signed.expires}"
    )


def signer(hashed: bytes, signature: str) -> str:
    """The address that signed, in lower case. Errors: MT902 for a signature in any form but the one canonical one.

    Each signature has a twin (r, N - s) of the same key and message; only the lower s is taken, v is 27 or 28, and hex is small: so a
    request has one signature and nobody can change it into another that holds.
    """
    if not FORM.fullmatch(signature):
        raise refuse("MT902", "Mintage-Signature", "not 65 bytes in hex", "0x and 130 small hex digits: r, s, v")
    raw = bytes.fromhex(signature[2:])
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    if v not in (27, 28) or not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        raise refuse("MT902", "Mintage-Signature", "not in canonical form", "v of 27 or 28, and the lower of the two s")
    try:
        key = Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(hashed)
    except (BadSignature, ValidationError, ValueError):
        raise refuse("MT902", "Mintage-Signature", "no key has signed this", "a signature of this very request") from None
    return str(key.to_address())
