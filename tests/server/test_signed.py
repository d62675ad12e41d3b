"""Signed requests: what is signed holds for one network, request and time, once; keys and signatures stay out of the log."""

from __future__ import annotations

import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account as Eth
from eth_account.messages import encode_defunct, encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.client.sign import typed_data
from mintage.server.refused import Refused
from mintage.server.signing import ORDER, Signed, canonical, digest, signer
from tests.server.town import Town

PAY = "/v1/events/square/pay"
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)
KEY = "0x" + "11" * 32


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    network=st.binary(min_size=32, max_size=32),
    method=st.sampled_from(["POST", "DELETE"]),
    path=WORDS,
    body=st.binary(min_size=32, max_size=32),
    nonce=st.integers(1, 2**63 - 1),
    expires=st.integers(1, 2**40),
)
def test_what_we_hash_is_what_wallets_hash(network: bytes, method: str, path: str, body: bytes, nonce: int, expires: int) -> None:
    signed = Signed(network, method, path, body, nonce, expires)
    message = {"method": method, "path": path, "body": body, "nonce": nonce, "expires": expires}
    theirs = encode_typed_data(full_message=typed_data(network.hex(), message))
    assert Eth._recover_hash(digest(signed, "eip712"), signature=Eth.sign_message(theirs, KEY).signature) == Eth.from_key(KEY).address
    text = Eth.sign_message(encode_defunct(text=canonical(signed)), KEY)
    assert signer(digest(signed, "eip191"), "0x" + bytes(text.signature).hex()) == Eth.from_key(KEY).address.lower()


@pytest.mark.parametrize("scheme", ["eip712", "eip191"])
def test_both_schemes_open_the_door(here: Town, scheme: str) -> None:
    key = here.person(dollars="3")
    with here.client(key, scheme=scheme) as own:
        assert own.square.pay(payer=own.address, payee="@0", amount=1).flows[0].amount == 1


def tampered(name: str) -> Any:
    """A change of one thing after signing."""

    def header(key: str, change: Any) -> Any:
        return lambda r: r["headers"].__setitem__(key, change(r["headers"][key]))

    def flip(text: str) -> str:
        return text[:40] + ("1" if text[40] != "1" else "2") + text[41:]

    def twin(text: str) -> str:
        r, s, v = text[2:66], int(text[66:130], 16), int(text[130:], 16)
        return f"0x{r}{ORDER - s:064x}{55 - v:02x}"

    return {
        "body": lambda r: r.__setitem__("content", r["content"].replace(b'"1"', b'"2"')),
        "space in the body": lambda r: r.__setitem__("content", r["content"] + b" "),
        "path": lambda r: r.__setitem__("url", r["url"].replace("square/pay", "square/give")),
        "query": lambda r: r.__setitem__("url", r["url"] + "?a=1"),
        "nonce": header("Mintage-Nonce", lambda n: str(int(n) + 1)),
        "expiry": header("Mintage-Expires", lambda n: str(int(n) + 1)),
        "scheme": header("Mintage-Scheme", lambda _: "eip191"),
        "address": header("Mintage-Address", lambda _: "0x" + "ab" * 20),
        "upper case address": header("Mintage-Address", lambda a: "0x" + a[2:].upper()),
        "signature": header("Mintage-Signature", flip),
        "twin of the signature": header("Mintage-Signature", twin),
        "v of 0": header("Mintage-Signature", lambda s: s[:130] + f"{int(s[130:], 16) - 27:02x}"),
        "upper case signature": header("Mintage-Signature", lambda s: "0x" + s[2:].upper()),
        "short signature": header("Mintage-Signature", lambda s: s[:-2]),
        "nonce with a zero in front": header("Mintage-Nonce", lambda n: "0" + n),
        "no nonce": lambda r: r["headers"].pop("Mintage-Nonce"),
        "unknown scheme": header("Mintage-Scheme", lambda _: "none"),
        "huge nonce": header("Mintage-Nonce", lambda _: str(2**63)),
    }[name]


NAMES = re.findall(r'^        "([^"]+)": (?:header|lambda)', __import__("inspect").getsource(tampered), re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_changed_after_signing_is_found(here: Town, name: str) -> None:
    key = here.person(dollars="5")
    with here.client(key) as own:
        body = {"payer": own.address, "payee": "@0", "amount": "1"}
        answer = here.post(PAY, body, key=key, change=tampered(name))
        assert answer.status_code == 401, answer.text
        assert answer.json()["code"] == "MT902"
        assert own.balances()["wallets/USD"] == 5
    assert len(NAMES) == 18


def signed(here: Town, key: str, raw: bytes, **options: Any) -> Any:
    headers = here.sign(key, "POST", PAY, raw, **options)
    return here.http.post(PAY, content=raw, headers={"Content-Type": "application/json", **headers})


def test_another_network_another_time_or_two_keys_are_refused(here: Town) -> None:
    key = here.person(dollars="5")
    with here.client(key) as own:
        raw = b'{"payer": "%s", "payee": "@0", "amount": "1"}' % own.address.encode()
        assert signed(here, key, raw, network="0x" + "00" * 32).json()["code"] == "MT902"
        assert signed(here, key, raw, ahead=-1).json()["code"] == "MT903"
        assert signed(here, key, raw, ahead=0).json()["code"] == "MT903"
        assert signed(here, key, raw, ahead=310).json()["code"] == "MT903"
        assert here.post(PAY, raw, key=key, secret=here.root).json()["code"] == "MT917"
        assert signed(here, key, raw, ahead=290).status_code == 200
        assert own.balances()["wallets/USD"] == 4


def test_a_replayed_request_pays_once_and_a_nonce_is_good_for_one(here: Town) -> None:
    key = here.person(dollars="50")
    with here.client(key) as own:
        raw = b'{"payer": "%s", "payee": "@0", "amount": "1"}' % own.address.encode()
        headers = {"Content-Type": "application/json", **here.sign(key, "POST", PAY, raw)}
        first, again = (here.http.post(PAY, content=raw, headers=headers).json() for _ in range(2))
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert {**again, "repeated": False} | {"seq": first["seq"], "time_ns": first["time_ns"]} == first
        other = raw.replace(b'"1"', b'"2"')
        reused = signed(here, key, other, nonce=int(headers["Mintage-Nonce"]))
        assert (reused.status_code, reused.json()["code"]) == (409, "MT808")
        older = here.http.post(
            PAY, content=other, headers={"Content-Type": "application/json", "Idempotency-Key": "x", **here.sign(key, "POST", PAY, other, nonce=5)}
        )
        assert (older.status_code, older.json()["code"]) == (409, "MT810")
        assert own.balances()["wallets/USD"] == 49
        assert here.live.last_nonce(own.address) == int(headers["Mintage-Nonce"])


def test_requests_that_come_twice_and_out_of_order_are_done_at_most_once(here: Town) -> None:
    key = here.person(dollars="100")
    with here.client(key) as own:
        raw = b'{"payer": "%s", "payee": "@0", "amount": "1"}' % own.address.encode()
        sent = [{"Content-Type": "application/json", **here.sign(key, "POST", PAY, raw)} for _ in range(12)] * 3
        random.Random(7).shuffle(sent)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda h: here.http.post(PAY, content=raw, headers=h), sent))
        done = {a.json()["id"] for a in answers if a.status_code == 200}
        assert {a.status_code for a in answers} <= {200, 409}
        assert own.balances()["wallets/USD"] == 100 - len(done)
        assert done


def test_a_client_whose_requests_overtake_each_other_signs_again_and_loses_none(here: Town) -> None:
    key = here.person(dollars="100")
    with here.client(key, attempts=40) as own:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: own.square.pay(payer=own.address, payee="@0", amount=1), range(24)))
        assert own.balances()["wallets/USD"] == 76


def test_no_key_and_no_signature_gets_into_the_log(here: Town) -> None:
    key = here.person(dollars="5")
    secret = here.post("/v1/keys", {"scopes": ["epochs"]}, secret=here.root).json()["secret"]
    with here.client(key) as own:
        body = {"payer": own.address, "payee": "@0", "amount": "1"}
        seen: list[str] = []
        here.post(PAY, body, key=key, change=lambda r: seen.append(r["headers"]["Mintage-Signature"]))
        here.post(PAY, body, key=key, change=tampered("body"))
        here.post("/v1/epochs", {"steps": 0}, secret=secret)
        here.post("/v1/epochs", secret.encode(), secret=secret)
        here.http.get(f"/v1/journal?after={secret}", headers={"Authorization": secret})
    log = here.log.getvalue()
    assert own.address in log
    assert [s for s in (here.root, secret, key[2:], seen[0][2:]) if s in log] == []
    assert not re.search(r"mk_[A-Za-z0-9_-]{20}|0x[0-9a-f]{128}", log)


def test_a_signature_in_any_other_form_is_refused() -> None:
    hashed = bytes(32)
    for wrong in ("", "0x", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "00" * 64 + "1b", f"0x{'01' * 32}{ORDER // 2 + 1:064x}1b"):
        with pytest.raises(Refused, match="MT902"):
            signer(hashed, wrong)


def test_reports_keep_their_proof_so_that_anybody_can_check_who_said_so(here: Town) -> None:
    key = here.person(member=False)
    with here.client(key) as reporter:
        assert here.post("/v1/keys", {"address": reporter.address, "scopes": ["oracle:price"]}, secret=here.root).status_code == 200
        receipt = reporter.post("/v1/oracle/price", {"values": ["2.5"]})
        entry = reporter.journal(after=receipt["seq"] - 1, limit=1)[0].entries[0]
        scheme, nonce, expires, signature = entry["signature"].split(" ")
        import hashlib

        what = Signed(here.app.state.edge.digest, "POST", "/v1/oracle/price", hashlib.sha256(b'{"values":["2.5"]}').digest(), int(nonce), int(expires))
        assert signer(digest(what, scheme), signature) == reporter.address == entry["by"]
        assert here.http.get("/v1/oracle").json()["price"]["reports"][0]["by"] == reporter.address
        assert int(expires) > time.time()
        here.post("/v1/epochs", {}, secret=here.root)
        assert Decimal(here.http.get("/v1/signals").json()["price"][0]) == Decimal("2.5")
