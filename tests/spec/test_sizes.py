"""Memory is counted before it is taken: balances, signals with a row a holder, memory, noise and lots, against one budget."""

from __future__ import annotations

import resource

import pytest

from mintage.errors import SpecError
from mintage.mechanisms.base import Mechanism, Noise, Parameters, Ref, account, count
from mintage.spec import check, loads
from mintage.spec.sizes import ROWS
from tests.spec.cases import TOWN


class Hoarder(Mechanism):
    """Keeps memory and noise a holder, and lots."""

    name = "spec_hoarder"
    noise = {"luck": Noise(per="place")}

    class Params(Parameters):
        place: Ref = account("market/token", "whose holders it remembers")
        slots: int = count(1, "lots")

    def lots(self, p):
        return {p.place: p.slots} if p.slots > 1 else {}

    def memory(self, p, make):
        return {"first": make(0, "1", p.place), "second": make(1, of=p.place), "third": make(2)}

    def step(self, p, state, signals, ctx):
        return [], {}


def crowd(holders: int, more: str = "") -> str:
    return TOWN.replace("[accounts.market]", f"[accounts.market]\nholders = {holders}") + more


def signals(number: int) -> str:
    return "".join(f'[signals.s{i}]\nunit = "1"\nper = "market"\nstart = 1\n' for i in range(number))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (crowd(50_000, signals(20)), 50_000 * (2 + 20)),
        (crowd(300_000), 300_000 * 2),
        (crowd(499_999), 499_999 * 2),
        (crowd(1_000_000, signals(20)), 22_000_000),
        (crowd(60_000, '[[mechanism]]\nuse = "spec_hoarder"\n'), 60_000 * (2 + 3)),
    ],
)
def test_more_rows_than_memory_are_refused_at_their_line_before_any_is_taken(text: str, rows: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (fault,) = check(text, "x.toml")
    assert (fault.code, fault.where, fault.line) == ("MT102", "accounts.market.holders", 19)
    assert f" {rows:,} of them from here" in fault.found
    assert fault.expected == "at most 512 MiB, 262,144 rows"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 << 10  # [KiB]


def test_an_impossible_crowd_is_told_once() -> None:
    assert [f.code for f in check(crowd(1_000_001))] == ["MT109"]


def test_lots_are_counted_at_the_mechanism_that_asks_for_them() -> None:
    (fault,) = check(crowd(2, '[[mechanism]]\nuse = "spec_hoarder"\nslots = 1_000_000\n'), "x.toml")
    assert (fault.code, fault.where, fault.text) == ("MT102", "spec_hoarder", "[[mechanism]]")


def test_a_crowd_within_the_budget_is_sound_and_a_variant_beyond_it_is_not() -> None:
    spec = loads(crowd(ROWS // 5))
    with pytest.raises(SpecError, match=r"MT102 .*accounts.market.holders"):
        spec.with_values({"accounts.market.holders": ROWS // 2})
    (fault,) = check(crowd(10, '[scenario.crowd]\nset = { "accounts.market.holders" = 200_000 }\n'), "x.toml")
    assert (fault.code, fault.text) == ("MT102", 'set = { "accounts.market.holders" = 200_000 }')
