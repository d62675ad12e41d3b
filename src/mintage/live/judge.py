"""A live network judged by the very code that judges a simulation.

The base run is the journal: one path, as long as the network has run. Scenarios, usage, the stablecoin and the futures they are compared with go
on from where the network stands. What a record of one path and this length cannot show is not shown, and says why.
"""

from __future__ import annotations

from ..evaluate.build import build
from ..evaluate.document import Document
from ..evaluate.evidence import Evidence, Report, gather
from ..evaluate.measure import Measured, watched
from ..ledger import Ledger
from .network import Network
from .reading import Journal
from .record import recorded
from .standing import stands


def evaluate_live(source: str | Ledger, beside: int = 2000, seed: int = 1, *, workers: int = 1, progress: Report | None = None, created: str = "") -> Document:
    """Judge the network of a ledger. `beside` futures of each run from today on; `progress` and `created` as for `evaluate`.

    Errors: as for `Journal`; UsageError MT825 before the first epoch; LedgerError MT820 when the simulator does not repeat the journal.
    """
    base, network = record_of(source, progress)
    return build(evidence(base, network, beside, seed, workers=workers, progress=progress), created)


def record_of(source: str | Ledger, progress: Report | None = None) -> tuple[Measured, Network]:
    """The journal as a measured run of one path, and the network at its end."""
    with Journal(source, (lambda done, total: progress("journal", done, total)) if progress else None) as journal:
        record, network = recorded(journal.batches()), journal.network()
    economy = record.known()
    arrows = [f"flow:{info.arrow}" for info in economy.flow_table]
    run = record.trajectory(dict.fromkeys([*watched(network.spec, economy), *arrows]))
    return Measured(network.spec, economy, run), network


def evidence(base: Measured, network: Network, beside: int, seed: int, *, workers: int = 1, progress: Report | None = None) -> Evidence:
    """The journal, and the futures from today on."""
    return gather(network.spec, beside, beside, seed, workers=workers, progress=progress, record=base, stand=lambda spec: stands(network, spec))
