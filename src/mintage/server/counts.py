"""What Prometheus reads: counted as it happens, or asked of the network when it is scraped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from .edge import Edge

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Counts:
    """The counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("mintage_requests", "requests answered", ("method", "route", "status"), registry=self.registry)
        self.seconds = Histogram("mintage_request_seconds", "time to answer", ("route",), buckets=SECONDS, registry=self.registry)
        self.entries = Counter("mintage_entries", "what was asked of the network, by what became of it", ("topic", "name", "code"), registry=self.registry)
        self.epochs = Histogram("mintage_epoch_seconds", "time an epoch took", buckets=SECONDS, registry=self.registry)
        self.dropped = Counter("mintage_streams_dropped", "streams ended because nobody read them", registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request, answered."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def entry(self, topic: str, name: str, code: str) -> None:
        """One entry: accepted with code `ok`, or refused with its own."""
        self.entries.labels(topic, name, code).inc()

    def text(self) -> bytes:
        """The page."""
        return generate_latest(self.registry)


class Asked(Collector):
    """What only the network knows, asked at each scrape."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge

    def collect(self) -> Iterator[Metric]:
        live, edge = self.edge.live, self.edge
        yield _one("mintage_epoch_step", "the epoch that comes next", live.step)
        yield _one("mintage_epochs_due", "epochs that the clock says should have run", live.due())
        yield _one("mintage_breaker_tripped", "1 when no epoch runs", bool(live.tripped))
        yield _one("mintage_in_flight", "requests being answered", edge.in_flight)
        records, transfers = live.posted()
        yield _one("mintage_ledger_records", "records of the journal", records)
        yield _one("mintage_ledger_transfers", "transfers of the journal", transfers)
        yield _one("mintage_streams", "open streams", edge.hub.streams)
        supply = GaugeMetricFamily("mintage_supply", "outstanding, in whole units; a float, for looking at only", labels=("asset",))
        for asset in edge.assets:
            supply.add_metric((asset,), float(live.supply(asset)))
        yield supply


def _one(name: str, doc: str, value: float) -> Metric:
    return GaugeMetricFamily(name, doc, value=float(value))
