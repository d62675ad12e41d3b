"""Who may do what: the whole table, over HTTP. Only 401 and 403 are of interest here, so what is allowed may still fail otherwise."""

from __future__ import annotations

from itertools import product

import pytest

from mintage.client import AuthError
from mintage.server.permit import Caller, covers
from tests.server.town import Town

DENIED = {401, 403}


@pytest.fixture(scope="module")
def callers(here: Town) -> dict[str, dict[str, str]]:
    """Name -> how to ask: as an owner, as another one, as operators of several kinds, as keys bound to the owner."""
    owner, other = here.person(dollars="1000"), here.person(dollars="1000")
    with here.client(owner) as own:
        address = own.address
    return {
        "owner": {"key": owner},
        "other": {"key": other},
        "nobody": {},
        "root": {"secret": here.root},
        "narrow": {"secret": here.api_key("events:square.deposit")},
        "call": {"secret": here.api_key("events:square.*")},
        "elsewhere": {"secret": here.api_key("events:jobs.*", "oracle:price")},
        "agent": {"secret": here.api_key(owner=address)},
        "payer": {"secret": here.api_key("events:square.pay", owner=address)},
        "giver": {"secret": here.api_key("events:square.give", owner=address)},
        "address": {"address": address},
    }


MAY = {
    "pay": {"owner", "agent", "payer"},  # no operator spends an owner's money, whatever their scopes
    "deposit": {"root", "narrow", "call"},
    "give": {"root", "call"},  # the outside is nobody's: a key of an owner who says so gets nothing
    "trade": {"root", "call"},  # one row that any name reaches: it must not be anyone's
    "serve": {"root", "call"},
}


@pytest.mark.parametrize(("event", "who"), [*product(MAY, ["owner", "other", "nobody", "root", "narrow", "call", "elsewhere", "agent", "payer", "giver"])])
def test_an_event_is_caused_by_those_who_may_and_nobody_else(here: Town, callers: dict[str, dict[str, str]], event: str, who: str) -> None:
    address = callers["address"]["address"]
    bodies = {
        "pay": {"payer": address, "payee": "@0", "amount": "1"},
        "deposit": {"wallet": address, "amount": "1"},
        "give": {"giver": address, "wallet": address, "amount": "1"},
        "trade": {"trader": address, "amount": "1"},
        "serve": {"provider": 0, "amount": "1"},
    }
    status = here.post(f"/v1/events/square/{event}", bodies[event], **callers[who]).status_code
    assert (status not in DENIED) == (who in MAY[event]), status
    if who == "nobody":
        assert status == 401


OPERATORS = {
    "/v1/epochs": ("epochs", {}),
    "/v1/changes": ("changes", {"values": {"price.start": "2"}, "reason": "a test"}),
    "/v1/breaker": ("breaker", {"action": "reset", "reason": "a test"}),
    "/v1/moves": ("moves", {"debit": "wallets/USD:@0", "credit": "market/USD", "amount": "1", "reason": "a test"}),
    "/v1/oracle/price": ("oracle:price", {"values": ["2"]}),
    "/v1/keys": ("keys", {"scopes": ["keys"]}),
}


@pytest.mark.parametrize("path", OPERATORS)
def test_each_route_of_operators_needs_its_own_scope(here: Town, path: str) -> None:
    scope, body = OPERATORS[path]
    others = [s for s, _ in OPERATORS.values() if s != scope]
    assert here.post(path, body, secret=here.api_key(scope)).status_code not in DENIED
    assert here.post(path, body, secret=here.api_key(*others, "events:*", "custody:*")).status_code == 403
    assert here.post(path, body, key=here.person(member=False)).status_code == 403
    assert here.post(path, body, secret=here.api_key("*", owner="someone")).status_code == 403, "a key of an owner is no operator"
    assert here.post(path, body).status_code == 401


def test_owners_join_by_themselves_and_operators_let_others_in(here: Town) -> None:
    key, other = here.person(member=False), here.person(member=False)
    with here.client(key) as own, here.client(other) as stranger:
        with pytest.raises(AuthError, match="MT905"):
            stranger.join("wallets", owner=own.address)
        own.join("wallets")
        body = {"kind": "wallets", "owner": stranger.address}
        assert here.post("/v1/members", body, secret=here.api_key("events:*")).status_code == 403
        assert here.post("/v1/members", body, secret=here.api_key("members")).status_code == 200
    assert here.post("/v1/members", {"kind": "market", "owner": "x"}, secret=here.root).json()["code"] == "MT802"


def test_an_operator_gives_no_scope_but_their_own_and_no_owner_without_custody(here: Town) -> None:
    keeper = here.api_key("keys", "events:square.*")
    made = here.post("/v1/keys", {"scopes": ["events:square.deposit"]}, secret=keeper)
    assert made.status_code == 200
    assert here.post("/v1/events/square/deposit", {"wallet": "@0", "amount": "1"}, secret=made.json()["secret"]).status_code == 200
    for wider in (["*"], ["events:*"], ["epochs"], ["events:square.deposit", "moves"]):
        assert here.post("/v1/keys", {"scopes": wider}, secret=keeper).status_code == 403
    assert here.post("/v1/keys", {"owner": "@0"}, secret=keeper).status_code == 403
    custodian = here.api_key("keys", "custody:#0")
    assert here.post("/v1/keys", {"owner": "@1"}, secret=custodian).status_code == 403
    agent = here.post("/v1/keys", {"owner": "@0", "scopes": ["events:square.pay"]}, secret=here.root).json()["secret"]
    assert here.post("/v1/events/square/pay", {"payer": "@0", "payee": "@0", "amount": "1"}, secret=agent).status_code not in DENIED


def test_an_owner_makes_keys_for_themselves_only_and_ends_them(here: Town) -> None:
    key, other = here.person(), here.person()
    with here.client(key) as own, here.client(other) as stranger:
        made = own.post("/v1/keys", {"owner": own.address, "scopes": ["events:square.pay"]})
        body = {"payer": own.address, "payee": "@0", "amount": "1"}
        assert here.post("/v1/events/square/pay", body, secret=made["secret"]).status_code == 200
        for wrong in ({"owner": stranger.address}, {"owner": own.address, "scopes": ["epochs"]}, {"owner": own.address, "address": stranger.address}):
            with pytest.raises(AuthError, match="MT905"):
                own.post("/v1/keys", wrong)
        assert here.post("/v1/keys", {"owner": own.address}, secret=made["secret"]).status_code == 403, "a narrow key makes no wider one"
        with pytest.raises(AuthError, match="MT905"):
            stranger.delete(f"/v1/keys/{made['name']}")
        own.delete(f"/v1/keys/{made['name']}")
        assert here.post("/v1/events/square/pay", body, secret=made["secret"]).json()["code"] == "MT904"


def test_a_bound_address_acts_for_its_owner_until_it_is_revoked_and_never_again(here: Town) -> None:
    key, hand = here.person(), here.person(member=False)
    with here.client(key) as own, here.client(hand) as agent:
        pay = {"payer": own.address, "payee": "@0", "amount": "1"}
        assert here.post("/v1/events/square/pay", pay, key=hand).status_code == 403
        assert here.post("/v1/keys", {"owner": own.address, "address": agent.address}, secret=here.root).status_code == 200
        assert here.post("/v1/events/square/pay", pay, key=hand).status_code == 200
        assert here.post(f"/v1/keys/{agent.address}", secret=here.root, method="DELETE").status_code == 200
        assert here.post("/v1/events/square/pay", pay, key=hand).json()["code"] == "MT904"
        assert here.post("/v1/keys", {"owner": own.address, "address": agent.address}, secret=here.root).status_code == 422


def test_a_proposal_is_told_by_who_acts_for_an_owner(here: Town) -> None:
    body = {"call": "square", "slot": 0, "values": {"price.start": "2"}}
    assert here.post("/v1/proposals", body, secret=here.root).status_code == 403
    assert here.post("/v1/proposals", body, secret=here.api_key("events:square.pay", owner="@0")).status_code == 403
    assert here.post("/v1/proposals", body, key=here.person(member=False)).json()["code"] == "MT811", "the town has no proposals"


def test_scopes_cover_what_they_say() -> None:
    assert covers({"*"}, "epochs")
    assert covers({"events:jobs.*"}, "events:jobs.pay")
    assert not covers({"events:jobs.*"}, "events:jobsx.pay")
    assert not covers({"events:jobs.pay"}, "events:jobs.*")
    assert not covers(set(), "epochs")
    assert not Caller("k", owner="a", scopes=frozenset({"events:b.c"}), bound=True).acts_for("a", "events:b.d")
    assert not Caller("k").acts_for("", "epochs")
