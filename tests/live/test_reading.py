"""A journal read by whoever does not run the network: as it stands, as it stood, beside what it would have been, and proved."""

from __future__ import annotations

from decimal import Decimal

import pytest

import mintage as mt
from mintage.ledger import open_ledger
from mintage.live import snapshot
from mintage.live.reading import Journal, network_of, replay
from mintage.live.shadow import fork
from tests.live.lived import bent, lived


@pytest.fixture
def path(tmp_path):
    """A ledger that was closed, so that it has a snapshot."""
    with lived(tmp_path / "net.db"):
        pass
    return tmp_path / "net.db"


def test_a_network_is_read_while_it_runs_and_changes_nothing(tmp_path):
    with lived(tmp_path / "net.db") as live:
        head = live.ledger.head
        found = network_of(str(tmp_path / "net.db"))
        assert snapshot.dump(found) == snapshot.dump(live.network)
        assert live.ledger.head == head
        live.tick()
        assert (found.step, live.step, network_of(str(tmp_path / "net.db")).step, network_of(live.ledger).step) == (6, 7, 7, 7)


def test_from_a_snapshot_or_from_genesis_it_is_the_same_network(path):
    with Journal(str(path)) as journal:
        assert list(journal.store.snapshots())
        short = journal.network()
        journal._restored = lambda machine, end, step: 0  # type: ignore[method-assign]
        assert snapshot.dump(journal.network()) == snapshot.dump(short)


@pytest.mark.parametrize("step", [0, 1, 4, 6])
def test_a_network_as_it_stood_before_a_step(path, step):
    then = network_of(str(path), step=step)
    assert then.step == step
    if step == 4:
        with Journal(str(path)) as journal:
            seqs = [seq for seq, batch in journal.batches() if any(n.topic == "epoch" for n in batch.notes)]
        before = network_of(str(path), upto=seqs[4] - 1)
        assert snapshot.dump(before) == snapshot.dump(then)


def test_a_step_that_is_not_reached_says_how_far_it_goes(path):
    with pytest.raises(mt.MintageError, match=r"MT825 .*step 7 is not reached, expected up to 6"):
        network_of(str(path), step=7)


def test_a_ledger_without_a_network_and_no_ledger_are_told_apart(tmp_path):
    open_ledger(str(tmp_path / "bare.db")).close()
    with pytest.raises(mt.MintageError, match=r"MT821 .*holds no network"):
        network_of(str(tmp_path / "bare.db"))
    with pytest.raises(mt.MintageError, match="MT709"):
        network_of(str(tmp_path / "none.db"))
    (tmp_path / "text.db").write_text("not a database at all, but a text of some length" * 20, "utf-8")
    with pytest.raises(mt.MintageError, match="MT709"):
        network_of(str(tmp_path / "text.db"))


def test_the_proof_counts_what_it_compared_and_finds_what_was_bent(path, tmp_path):
    told = []
    found = replay(str(path), progress=lambda done, total: told.append((done, total)))
    assert (found.differences, found.epochs, found.events) == ([], 6, 10)
    assert found.worst <= 1e-12
    assert found.calls > 30
    assert told[-1][0] == told[-1][1]
    assert replay(str(path), arrays=False).calls == 0
    with Journal(str(path)) as journal:
        assert journal.replay(epochs=2).epochs == 2
    bent(path, tmp_path / "bent.db")
    (difference,) = replay(str(tmp_path / "bent.db")).differences
    assert int(difference.journal) == int(difference.simulated) + 1


def test_a_shadow_of_the_last_epochs_is_that_of_a_network_which_was_shadowed_as_it_ran(path):
    values = {"jobs.burn_share": "0.5", "jobs.payees.0.share": "0.5", "emission.tail": "730"}
    with Journal(str(path)) as journal:
        late = journal.shadow(values, 2)
        assert late.epochs == 2
        assert fork((b for _, b in journal.batches()), values, 99).rows() == []
        whole, none = journal.shadow(values), journal.shadow({})
    assert whole.epochs == none.epochs == 6
    assert all(live == shadow for _, _, live, shadow in none.rows())
    by_name = {(flow, asset): (live, shadow) for flow, asset, live, shadow in late.rows()}
    live, shadow = by_name["emission.emit", "TOK"]
    assert live == 2 * Decimal(1000)
    assert shadow < live
    assert by_name["jobs.fee", "USD"] == (Decimal("12.10"), Decimal("36.30")), "the first of the two payments came before the epoch that brought the change"


def test_what_only_the_shadow_refuses_is_noted_and_the_rest_goes_on(path):
    with Journal(str(path)) as journal:
        found = journal.shadow({"emission.budgets.0.value": "3650000"}, 3)
    assert [(step, entry.split()[0], why.partition(" ")[0]) for step, entry, why in found.refused] == [(step, "epoch", "MT817") for step in (3, 4, 5)]
    assert {flow: shadow for flow, _, _, shadow in found.rows() if flow == "jobs.pay"} == {"jobs.pay": Decimal("163.35")}
