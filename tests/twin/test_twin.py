"""What was simulated is what runs: a live journal, run again by the simulator, moves the same base units, entry by entry."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mintage as mt
from mintage.flows import Flow
from mintage.ledger.codec import Batch, decode
from mintage.live.direct import Direct
from mintage.live.driver import Driver
from mintage.live.entries import Change, Move
from mintage.live.replay import Replay, Summary
from mintage.live.service import LiveNetwork
from mintage.mechanisms.base import REGISTRY, Mechanism, Noise, Number, Parameters, Ref, account, event, number
from mintage.spec.load import presets
from tests.twin.specs import networks

UNSEEN = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def lived(spec: mt.Spec, steps: int, *, seed: int = 1, owners: int = 6, events: int = 40) -> tuple[LiveNetwork, Driver]:
    """A network that a seeded population has used for some steps."""
    live = LiveNetwork.open("memory:", spec, secret=b"twin")
    driver = Driver(Direct(live), spec, seed=seed, owners=owners, events=events)
    driver.run(steps)
    return live, driver


def journal(live: LiveNetwork) -> list[tuple[int, Batch]]:
    return [(record.seq, decode(record.body)) for record in live.ledger.records(0)]


def replayed(live: LiveNetwork) -> Summary:
    return Replay().run(journal(live))


@pytest.mark.parametrize("preset", presets())
def test_every_preset_that_ran_live_is_replayed_to_the_base_unit(preset):
    spec = mt.load(preset)
    live, driver = lived(spec, 40, events=60)
    with live:
        found = replayed(live)
    assert list(map(str, found.differences)) == []
    assert found.epochs == driver.tally.epochs == 40
    assert found.events > 1_000
    assert found.transfers > 1_000
    assert found.calls > 500
    assert found.worst <= 1e-12
    assert set(driver.tally.refused) <= {"MT302", "MT804", "MT312", "MT304"}, "a population's mistakes are refused for what they are"


@UNSEEN
@given(text=networks(), seed=st.integers(0, 2**32), owners=st.integers(1, 9))
def test_networks_and_orders_of_events_that_nobody_chose_are_replayed_to_the_base_unit(text, seed, owners):
    live, driver = lived(mt.loads(text), 9, seed=seed, owners=owners, events=15)
    with live:
        found = replayed(live)
        assert list(map(str, found.differences)) == []
        assert all(live.ledger.total(asset) == 0 for asset in ("TOK", "USD"))
    assert found.epochs == driver.tally.epochs


class Lottery(Mechanism):
    """A mechanism written after the server, the journal and the twin: tickets are bought, and each epoch the pot goes to holders by lot."""

    name = "twin_lottery"
    noise = {"luck": Noise("uniform", per="players")}

    class Params(Parameters):
        players: Ref = account("holders/TOK", "who plays")
        pot: Ref = account("node_pool/TOK", "what is won")
        part: Number = number("0.1", "1", "share of the pot that is won in an epoch", ge="0", le="1")

    @event(roles={"player": "players"}, arguments={"amount": "players"})
    def play(self, p, state, signals, ctx, rows, amount):
        """Buy a ticket."""
        return [Flow(p.players, p.pot, amount, "ticket", rows["player"])], {}

    def step(self, p, state, signals, ctx):
        luck = ctx.noise["luck"]
        share = ctx.xp.div(luck, ctx.xp.total(luck), ctx.xp.num(0))
        return [Flow(p.pot, p.players, ctx.xp.total(state[p.pot]) * p.part * share, "won")], {}


TOWN = """
[network]
name = "town"
token = "TOK"
step = "1 day"
horizon = "30 days"
[assets.TOK]
decimals = 6
[assets.USD]
form = "fiat"
[accounts.holders]
holds = ["TOK"]
holders = 3
opening = { TOK = 1000 }
members = "open"
[accounts.node_pool]
holds = ["TOK"]
[[mechanism]]
use = "twin_lottery"
name = "lottery"
"""


def test_a_mechanism_written_tomorrow_has_its_place_in_the_twin_and_its_luck_can_be_drawn_again():
    assert REGISTRY["twin_lottery"] is Lottery
    live, _ = lived(mt.loads(TOWN), 12, events=20)
    with live:
        batches, found = journal(live), replayed(live)
    assert found.differences == []
    assert found.events > 20
    won = [t for _, b in batches for t in b.transfers]
    assert len(won) > 50


def test_noise_that_was_not_promised_is_found_out():
    live, _ = lived(mt.loads(TOWN), 3, events=5)
    with live:
        live.secret = b"another"
        with pytest.raises(mt.MintageError, match="MT819"):
            live.tick()
        assert "MT819" in live.tripped


@pytest.fixture(scope="module")
def render_journal():
    live, driver = lived(mt.load("render"), 9, events=20)
    with live:
        live.do(Change(id="change", by="operator", values={"emission_nodes.base": "0.5"}, reason="half the emission"))
        live.do(Move(id="move", by="operator", debit="foundation/RENDER", credit="reserve/RENDER", amount="1.5", reason="put right"))
        driver.run(7)
        return journal(live)


def test_changes_and_corrections_are_replayed_too(render_journal):
    found = Replay().run(render_journal)
    assert found.differences == []
    assert found.epochs == 16


@pytest.mark.parametrize("what", ["amount", "debit", "dropped", "signal"])
def test_a_journal_that_was_bent_by_one_unit_is_found_out(render_journal, what):
    bent = []
    done = False
    for seq, batch in render_journal:
        if (
            (not done or what == "signal")
            and batch.notes[0].topic == ("epoch" if what == "signal" else "event")
            and (batch.transfers or what == "signal")
            and seq > 60
        ):
            transfers, notes = list(batch.transfers), list(batch.notes)
            if what == "amount":
                transfers[0] = transfers[0]._replace(amount=transfers[0].amount + 1)
            elif what == "debit":
                transfers[0] = transfers[0]._replace(debit=transfers[0].credit, credit=transfers[0].debit)
            elif what == "dropped":
                transfers, notes = transfers[1:], [notes[0]._replace(count=notes[0].count - 1)]
            elif b'"price":["' in notes[0].body:
                notes[0] = notes[0]._replace(body=notes[0].body.replace(b'"price":["', b'"price":["1', 1))
            batch, done = batch._replace(transfers=transfers, notes=notes), True
        bent.append((seq, batch))
    found = Replay().run(bent)
    assert done
    assert found.differences


def test_a_rule_that_changed_since_is_found_out(render_journal, monkeypatch):
    rule = REGISTRY["emission_schedule"]
    before = rule.step

    def generous(self, p, state, signals, ctx):
        flows, updates = before(self, p, state, signals, ctx)
        return [replace_amount(f, ctx) for f in flows], updates

    def replace_amount(flow, ctx):
        return flow._replace(amount=flow.amount * (1 + ctx.xp.num(Decimal("1e-9"))))

    monkeypatch.setattr(rule, "step", generous)
    assert any("emission" in str(d) for d in Replay().run(render_journal).differences)
