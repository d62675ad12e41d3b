"""Who asks: a signed request (Mintage-* headers), or an API key (Authorization: Bearer). Nothing here is ever logged."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request

from .permit import Caller
from .refused import refuse
from .secret import FORM, hash_secret
from .signing import SCHEMES, Signed, digest, signer

if TYPE_CHECKING:
    from ..live.service import LiveNetwork

ADDRESS = re.compile(r"0x[0-9a-f]{40}")
WHOLE = re.compile(r"[1-9][0-9]{0,18}")
NONCES = 2**63
HEADERS = ("address", "signature", "nonce", "expires", "scheme")
SIGN_IN = "an API key (Authorization: Bearer mk_...) or a signed request (Mintage-Address, -Signature, -Nonce, -Expires, -Scheme)"


class Doors:
    """Finds out who a request comes from. `network` is the digest that signatures name."""

    def __init__(self, live: LiveNetwork, network: bytes, expiry: int, clock: Callable[[], float]) -> None:
        self.live, self.network, self.expiry, self.clock = live, network, expiry, clock

    def caller(self, request: Request, body: bytes) -> Caller:
        """The caller. Errors: MT901 for nobody, MT902, MT903, MT904 for somebody who may not come in, MT917 for two at once."""
        bearer = request.headers.get("authorization")
        signed = request.headers.get("mintage-signature")
        if bearer is not None and signed is not None:
            raise refuse("MT917", "Authorization", "an API key and a signature", "one of them")
        if bearer is not None:
            return self._bearer(bearer)
        if signed is not None:
            return self._signed(request, body, signed)
        raise refuse("MT901", "the request", "nobody", SIGN_IN)

    def _bearer(self, header: str) -> Caller:
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not FORM.fullmatch(secret):
            raise refuse("MT904", "Authorization", "no API key of this form", "Bearer mk_ and 43 letters")
        name = hash_secret(secret)
        caller = self._known(name)
        # Looked up by its hash, a key gives away nothing of itself by the time that takes; the comparison is one more lock on the door.
        if not (caller.owner or caller.scopes) or not hmac.compare_digest(caller.key, name):
            raise refuse("MT904", "Authorization", "unknown to this network", "a key that an operator of this network made")
        return caller

    def _signed(self, request: Request, body: bytes, signature: str) -> Caller:
        given = {h: request.headers.get(f"mintage-{h}", "") for h in HEADERS}
        forms = {"address": ADDRESS, "nonce": WHOLE, "expires": WHOLE}
        for header, form in forms.items():
            if not form.fullmatch(given[header]):
                expected = "0x and 40 small hex digits" if header == "address" else "a whole number above 0"
                raise refuse("MT902", f"Mintage-{header.capitalize()}", "missing or of another form", expected)
        if given["scheme"] not in SCHEMES:
            raise refuse("MT902", "Mintage-Scheme", "another scheme", " or ".join(SCHEMES))
        nonce, expires = int(given["nonce"]), int(given["expires"])
        if nonce >= NONCES:
            raise refuse("MT902", "Mintage-Nonce", "too large", "below 2^63")
        ahead = expires - self.clock()
        if not 0 < ahead <= self.expiry + 1:
            found = "has passed" if ahead <= 0 else f"{int(ahead)} s ahead"
            raise refuse("MT903", "Mintage-Expires", found, f"at most {self.expiry} s ahead", "compare your clock with the Date header of this answer")
        query = request.scope.get("query_string", b"")
        path = (request.scope.get("raw_path") or request.scope["path"].encode()) + (b"?" + query if query else b"")
        what = Signed(self.network, request.method, path.decode("latin-1"), hashlib.sha256(body).digest(), nonce, expires)
        address = signer(digest(what, given["scheme"]), signature)
        if not hmac.compare_digest(address, given["address"]):
            hint = "sign this method, path, body, nonce and expiry for the network that /v1/network names"
            raise refuse("MT902", "Mintage-Signature", "another key, or another request", "a signature of this very request by that address", hint)
        return self._known(address, nonce, f"{given['scheme']} {nonce} {expires} {signature}")

    def _known(self, key: str, nonce: int = 0, proof: str = "") -> Caller:
        """What the network knows of a key. A signing address that it knows nothing of stands for itself."""
        if self.live.revoked(key):
            raise refuse("MT904", "the key", "was revoked", "another key")
        owner, scopes = self.live.owner_of(key), frozenset(self.live.scopes(key))
        itself = key if key.startswith("0x") else ""
        bound = bool(owner) and owner != itself
        return Caller(key, owner or itself, scopes, bound, nonce, proof)
