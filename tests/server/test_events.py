"""Routes follow from what mechanisms declare; the server has never heard of the one these tests define."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from mintage.client import AuthError, Client, ConflictError, InvalidError
from mintage.errors import UsageError
from tests.server.town import Town

GOOD = """
from decimal import Decimal
from town import AsyncTown, Town

def f(c: Town) -> Decimal:
    return c.square.pay(payer="a", payee=1, amount=Decimal(1)).flows[0].amount

async def g(c: AsyncTown) -> int:
    return (await c.square.give(giver="", wallet="a", amount=1)).seq
"""
WRONG = """from town import Town

def f(c: Town) -> None:
    c.square.pay(payer='a', amount=0.5)
    c.sqare
    c.square.pai()
"""
EVENTS = {"deposit", "pay", "trade", "serve", "give"}


def test_a_mechanism_that_the_server_never_heard_of_has_routes_with_units_and_words(here: Town) -> None:
    document = here.http.get("/openapi.json").json()
    routes = {p: m["post"] for p, m in document["paths"].items() if p.startswith("/v1/events/")}
    assert set(routes) == {f"/v1/events/square/{e}" for e in EVENTS}
    pay = routes["/v1/events/square/pay"]
    schema = pay["requestBody"]["content"]["application/json"]["schema"]
    assert pay["summary"] == "A wallet pays another."
    assert schema["required"] == ["payer", "payee", "amount"]
    assert schema["additionalProperties"] is False
    assert "[USD]" in schema["properties"]["amount"]["description"]
    assert {a.get("format") for a in schema["properties"]["amount"]["anyOf"]} == {"decimal", None}
    assert pay["x-mintage-right"] == "the payer"
    assert routes["/v1/events/square/deposit"]["x-mintage-right"] == "scope `events:square.deposit`"


def test_the_page_of_routes_names_each_and_loads_nothing(here: Town) -> None:
    page = here.http.get("/docs")
    assert "POST /v1/events/square/pay" in page.text
    assert "A wallet pays another." in page.text
    assert "script" not in page.text
    assert "http" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_payment_moves_exactly_what_it_says(here: Town) -> None:
    key = here.person(dollars="100")
    with here.client(key) as own:
        receipt = own.square.pay(payer=own.address, payee="@0", amount=Decimal("12.345678"))
        assert [(m.reason, m.debit, m.credit, m.amount) for m in receipt.flows] == [
            ("square.pay", f"wallets/USD:{own.address}", "wallets/USD:@0", Decimal("12.345678"))
        ]
        assert own.balances()["wallets/USD"] == Decimal("87.654322")
        assert receipt.seq == own.journal(after=receipt.seq - 1, limit=1)[0].seq


@pytest.mark.parametrize("amount", [1.5, -1, "-1", "1e3", "1,5", "", " 1", "1\n", "NaN", True, None, [], {}, "1" * 81, "٣", 10**60, "0x10"])
def test_what_is_no_amount_is_refused_with_its_place(here: Town, amount: object) -> None:
    answer = here.post("/v1/events/square/deposit", {"wallet": "@0", "amount": amount}, secret=here.root)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["where"] == "body.amount"
    assert answer.json()["code"] == "MT910"


def test_a_number_with_a_fraction_is_refused_with_the_reason(here: Town) -> None:
    told = here.post("/v1/events/square/deposit", b'{"wallet": "@0", "amount": 12.5}', secret=here.root).json()
    assert "binary float" in told["expected"]
    assert here.post("/v1/events/square/deposit", b'{"wallet": "@0", "amount": 12}', secret=here.root).status_code == 200


def test_rows_go_by_number_too_and_addresses_by_any_case(here: Town) -> None:
    key = here.person(dollars="0")
    with here.client() as operator, here.client(key) as own:
        operator.square.deposit(wallet=0, amount=1)
        operator.square.deposit(wallet="0x" + own.address[2:].upper(), amount="3")
        assert own.balances()["wallets/USD"] == 3


def test_the_network_says_no_with_its_own_code(here: Town) -> None:
    key = here.person(dollars="5")
    with here.client(key) as own, here.client() as operator:
        with pytest.raises(ConflictError, match="MT302"):
            own.square.pay(payer=own.address, payee="@0", amount="5.000001")
        with pytest.raises(InvalidError, match="MT804"):
            operator.square.deposit(wallet="nobody", amount=1)
        with pytest.raises(UsageError, match=r"MT931.*square\.pay"):
            own.square.pya(payer=own.address, payee="@0", amount="1")
        with pytest.raises(UsageError, match="MT932"):
            own.square.pay(payer=own.address, payee="@0", amount=0.5)
        assert own.balances()["wallets/USD"] == 5


def test_the_stub_knows_the_events_and_a_type_checker_finds_a_wrong_call(here: Town, tmp_path: Path) -> None:
    with Client(here.url) as anyone:
        (tmp_path / "town.py").write_text(anyone.stub("Town"), "utf-8")
    (tmp_path / "good.py").write_text(GOOD, "utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, "utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--cache-dir",
        str(tmp_path),
        "--config-file",
        str(Path(__file__).parents[2] / "pyproject.toml"),
    ]
    command += ["--output", "json", "good.py", "wrong.py", "town.py"]
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"MYPYPATH": f"{source}:{tmp_path}", "PATH": ""}, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    mine = sorted((f["file"], f["line"]) for f in found if f["severity"] == "error" and Path(f["file"]).name in ("good.py", "wrong.py", "town.py"))
    assert [(f, n) for f, n in mine if f != "wrong.py"] == [], done.stdout
    assert {n for _, n in mine} == {4, 5, 6}, done.stdout + done.stderr


def test_without_a_key_nothing_changes_and_everything_can_be_read(here: Town) -> None:
    with Client(here.url) as anyone:
        assert anyone.network()["kinds_open"] == ["wallets"]
        assert sum(v for k, v in anyone.totals().items() if k.endswith("/USD")) == 0
        assert anyone.supply()["TOWN"] == 1_000_000
        assert here.http.get("/v1/spec").text.startswith("# A town")
        assert here.http.get("/v1/signals").json()["price"] == ["2"]
        with pytest.raises(UsageError, match="MT932"):
            anyone.square.pay(payer="a", payee="b", amount=1)
    answer = here.post("/v1/events/square/pay", {"payer": "@0", "payee": "@0", "amount": "1"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"]


def test_wrong_keys_are_told_apart_from_rights(here: Town) -> None:
    with Client(here.url, api_key="mk_" + "a" * 43) as stranger, pytest.raises(AuthError, match="MT904"):
        stranger.square.deposit(wallet="@0", amount=1)
    with Client(here.url, api_key=here.api_key("oracle:price")) as reporter, pytest.raises(AuthError, match="MT905"):
        reporter.square.deposit(wallet="@0", amount=1)


def test_the_client_needs_nothing_of_the_simulator() -> None:
    code = "import sys, mintage.client; print(sorted({'numpy', 'scipy', 'fastapi', 'xarray', 'mintage.spec', 'mintage.live'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")})
    assert done.stdout.strip() == "[]"


def test_a_page_of_the_journal_is_bounded_by_what_it_holds_and_pages_join(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(6):
        here.operator.square.deposit(wallet="@0", amount=1)
    whole = [r.seq for r in here.operator.journal(limit=1000)]
    monkeypatch.setattr("mintage.server.records.MOVEMENTS", 3)
    joined: list[int] = []
    while page := here.operator.journal(after=joined[-1] if joined else 0, limit=1000):
        assert len(page) <= 4
        joined += [r.seq for r in page]
    assert joined == whole
