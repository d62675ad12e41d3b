"""A live town behind a real server, and the mechanism it runs: one that the server has never heard of."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account as Eth

from mintage import spec
from mintage.client import Client
from mintage.client.sign import Signer
from mintage.flows import Flow
from mintage.live.entries import Key
from mintage.live.service import LiveNetwork
from mintage.mechanisms.base import Emitted, Mechanism, Parameters, Ref, State, account, event
from mintage.server import Settings, create_app, hash_secret, new_secret, server

TOWN = Path(__file__).with_name("town.toml")
SPEEDY = Settings(key_rate=1e6, key_burst=10**6, address_rate=1e6, address_burst=10**6, run_epochs=False, heartbeat=0.3, poll=0.02)


class Square(Mechanism):
    """People pay each other; an operator vouches for dollars that arrive; a market and providers whose rows belong to nobody."""

    name = "town_square"
    tags = {"deposit": "transfer", "pay": "trade", "trade": "trade", "serve": "trade", "give": "transfer"}

    class Params(Parameters):
        wallets: Ref = account("wallets/fiat", "who pays")
        market: Ref = account("market/fiat", "where traders pay")
        providers: Ref = account("providers/fiat", "who serves")
        outside: Ref = account("external/fiat", "where dollars come from")

    @event(roles={"wallet": "wallets"}, arguments={"amount": "wallets"}, authority="operator")
    def deposit(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """Dollars arrived for a wallet."""
        return [Flow(p.outside, p.wallets, amount, "deposit", None, rows["wallet"])], {}

    @event(roles={"payer": "wallets", "payee": "wallets"}, arguments={"amount": "wallets"})
    def pay(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A wallet pays another."""
        return [Flow(p.wallets, p.wallets, amount, "pay", rows["payer"], rows["payee"])], {}

    @event(roles={"trader": "market"}, arguments={"amount": "market"})
    def trade(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The market, which is nobody's, gives dollars away."""
        return [Flow(p.market, p.outside, amount, "trade", rows["trader"], None)], {}

    @event(roles={"provider": "providers"}, arguments={"amount": "providers"})
    def serve(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """A provider, a numbered row of a closed kind, pays a cost."""
        return [Flow(p.providers, p.outside, amount, "serve", rows["provider"], None)], {}

    @event(roles={"giver": "outside", "wallet": "wallets"}, arguments={"amount": "wallets"})
    def give(self, p: Any, state: State, signals: Mapping[str, Any], ctx: Any, rows: Mapping[str, Any], amount: Any) -> Emitted:
        """The outside gives: nobody within can say so."""
        return [Flow(p.outside, p.wallets, amount, "give", None, rows["wallet"])], {}


class Town:
    """A running server with its network, an operator's key, and people."""

    def __init__(self, live: LiveNetwork, url: str, root: str, log: io.StringIO, app: Any) -> None:
        self.live, self.url, self.root, self.log, self.app = live, url, root, log, app
        self.http = httpx.Client(base_url=url, timeout=30)
        self.operator = Client(url, api_key=root)

    def client(self, key: str | None = None, **options: Any) -> Client:
        """A client: of a private key, or another one of the operator. To be closed; `operator` closes with the town."""
        return Client(self.url, **({"key": key} if key else {"api_key": self.root}), **options)

    def person(self, *, dollars: str = "100", member: bool = True) -> str:
        """The private key of a new owner, with a row and dollars when they are a member."""
        key = "0x" + bytes(Eth.create().key).hex()
        if member:
            with self.client(key) as own:
                own.join("wallets")
                self.operator.post("/v1/epochs", {})
                if dollars != "0":
                    self.operator.square.deposit(wallet=own.address, amount=dollars)
        return key

    def post(self, path: str, body: Any = None, *, secret: str = "", key: str = "", method: str = "POST", change: Any = None, **headers: str) -> httpx.Response:
        """One request by hand. `change` may alter what was signed before it is sent."""
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers} if raw else dict(headers)
        if secret:
            sent["Authorization"] = f"Bearer {secret}"
        if key:
            sent |= self.sign(key, method, path, raw)
        request = {"method": method, "url": path, "content": raw, "headers": sent}
        if change:
            change(request)
        return self.http.request(**request)

    def sign(
        self, key: str, method: str, path: str, raw: bytes, *, nonce: int = 0, ahead: int = 60, network: str = "", scheme: str = "eip712"
    ) -> dict[str, str]:
        """Headers of a signed request."""
        signer = Signer(key, scheme)
        digest = network or "0x" + self.app.state.edge.digest.hex()
        return signer.headers(digest, method, path, raw, nonce or signer.nonce(), int(time.time()) + ahead)

    def api_key(self, *scopes: str, owner: str = "") -> str:
        """An API key with these scopes."""
        secret = new_secret()
        self.live.do(Key(id=f"test/{secret[:12]}", name=hash_secret(secret), scopes=scopes, owner=owner))
        return secret


@contextmanager
def town(url: str, settings: Settings = SPEEDY, text: str = "") -> Iterator[Town]:
    """A town on a ledger of its own, served by a real uvicorn on a free port."""
    log = io.StringIO()
    network = spec.loads(text) if text else spec.load(TOWN)
    live = LiveNetwork.open(url, network, seconds_per_step=0)
    root = new_secret()
    live.do(Key(id="first", name=hash_secret(root), scopes=("*",)))
    app = create_app(live, replace(settings, log=log))
    running = server(app, port=0)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        until(lambda: running.started or not thread.is_alive())
        port = running.servers[0].sockets[0].getsockname()[1]
        made = Town(live, f"http://127.0.0.1:{port}", root, log, app)
        with made.http, made.operator:
            yield made
    finally:
        running.should_exit = True
        thread.join(60)
        live.close()
        assert not thread.is_alive(), "the server did not stop"


def until(true: Any, seconds: float = 60) -> None:
    """Wait for something that will come."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)
