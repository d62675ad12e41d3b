"""What a running network looks like in figures, kept up with its journal record by record: the ticker and the summary read this."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from ..accounts import BURNED, ISSUANCE

if TYPE_CHECKING:
    from ..economy import Economy
    from ..live.service import Happened, LiveNetwork

WINDOW = 28.0  # days over which emission is set against revenue
WEEK = 7.0
KEPT = 64  # points of a sparkline
LINES = 24
QUIET = {"report", "key"}


@dataclass
class Step:
    """What one step moved."""

    minted: float = 0.0
    burned: float = 0.0
    paid: float = 0.0
    drawn: float = 0.0  # what rewards took out of reserves, less what was minted into those
    emitted: float = 0.0  # minted, and drawn beyond that, at the price of its step
    events: int = 0


@dataclass(frozen=True)
class Line:
    """Something that happened, in words."""

    time: float
    who: str
    what: str
    amount: str
    epoch: bool = False


@dataclass
class Pulse:
    """Figures of a network since its genesis."""

    live: LiveNetwork
    steps: deque[Step] = field(default_factory=lambda: deque([Step()], maxlen=400))
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES))
    ratios: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    weekly: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    prices: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    entries: int = 0
    events: int = 0
    transfers: int = 0
    minted: float = 0.0
    burned: float = 0.0
    paid: float = 0.0
    drawn: float = 0.0
    last: Step = field(default_factory=Step)

    def __post_init__(self) -> None:
        spec, economy = self.live.spec, self.live.network.economy
        self.token, self.fiat, self.dt = economy.token, economy.fiat, float(economy.dt)
        self.price_name = spec.evaluation.price
        self.revenue = {f"{f.call}.{f.reason}" for f in economy.flow_table if f.tag == "revenue"}
        self.drawing = drawing(economy)
        self.start = economy.start
        self.rates: deque[tuple[float, int, int]] = deque(maxlen=40)
        self.seen, self.step = 0, 0  # the last record taken, the step of the epoch after it
        self.waiting: SimpleQueue[Happened] = SimpleQueue()
        self.end = self.live.subscribe(self.waiting.put)
        for record in self.live.history(0, 10**9):
            self.take(record)

    # --- taking ------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Take what the network has told since; only the thread that reads the figures may."""
        while not self.waiting.empty():
            self.take(self.waiting.get())

    def take(self, record: Happened) -> None:
        """A record of the journal."""
        if record.seq <= self.seen:
            return
        self.seen = record.seq
        for entry, flows in record.entries:
            self.entries += 1
            self.transfers += len(flows)
            if entry.topic == "genesis":
                continue
            minted, burned, paid = self._moved(flows)
            drawn = sum(float(f.amount) * self.drawing.get((f.reason, place(f.debit), place(f.credit)), 0.0) for f in flows)
            for sums in (self.steps[-1], self):
                sums.minted, sums.burned, sums.paid, sums.drawn = sums.minted + minted, sums.burned + burned, sums.paid + paid, sums.drawn + drawn
            if entry.topic == "epoch":
                self._close(entry, record.time_ns, minted, len(flows))
            else:
                if entry.topic == "event":
                    self.steps[-1].events += 1
                    self.events += 1
                self._say(entry, flows, record.time_ns)

    def _moved(self, flows: Any) -> tuple[float, float, float]:
        minted = burned = paid = 0.0
        for f in flows:
            if f.debit == f"{ISSUANCE}/{self.token}":
                minted += float(f.amount)
            elif f.credit == f"{BURNED}/{self.token}":
                burned += float(f.amount)
            elif f.reason in self.revenue and f.credit.partition(":")[0].endswith(f"/{self.fiat}"):
                paid += float(f.amount)
        return minted, burned, paid

    def _close(self, entry: Any, time_ns: int, minted: float, count: int) -> None:
        """An epoch ran: its step is whole, the next one begins."""
        step = self.last = self.steps[-1]
        self.step = entry.step + 1
        told = entry.signals.get(self.price_name)
        price = float(told[0]) if told else self.price()
        step.emitted = (step.minted + max(self.drawn, 0.0) - max(self.drawn - step.drawn, 0.0)) * price
        self.prices.append(price)
        self.weekly.append(self.per_week())
        if (ratio := self.ratio()) is not None:
            self.ratios.append(ratio)
        self.steps.append(Step())
        moved = f"{count} transfer{'' if count == 1 else 's'}" + (f", {short(minted)} {self.token} minted" if minted else "")
        self.lines.append(Line(time_ns / 1e9, "epoch", f"day {self.day()}", moved, True))

    def _say(self, entry: Any, flows: Any, time_ns: int) -> None:
        if entry.topic in QUIET:
            return
        if entry.topic == "event":
            who = next(iter(entry.roles.values()), "")
            amount = ", ".join(f"{short(float(v))}{self._unit(flows)}" for v in entry.arguments.values())
            self.lines.append(Line(time_ns / 1e9, brief(who), f"{entry.call}.{entry.event}", amount))
        elif entry.topic == "join":
            self.lines.append(Line(time_ns / 1e9, brief(entry.owner), "joins", entry.kind))
        else:
            self.lines.append(Line(time_ns / 1e9, brief(entry.by), entry.topic, getattr(entry, "reason", "")[:60]))

    def _unit(self, flows: Any) -> str:
        return f" {flows[0].debit.partition(':')[0].partition('#')[0].rpartition('/')[2]}" if flows else ""

    # --- figures -----------------------------------------------------------------------------------------------------

    def window(self, days: float) -> list[Step]:
        """The steps of the last `days`, the one at hand among them."""
        return list(self.steps)[-max(1, round(days / self.dt)) :]

    def per_week(self) -> float:
        """What customers paid in the last seven days [fiat]."""
        return sum(s.paid for s in self.window(WEEK))

    def ratio(self) -> float | None:
        """Value emitted over what customers paid, in the last 28 days; None while there is nothing of both."""
        steps = self.window(WINDOW)
        emitted, paid = sum(s.emitted for s in steps), sum(s.paid for s in steps)
        return emitted / paid if emitted and paid else None

    def price(self) -> float:
        """The price in force; NaN without one."""
        told = self.live.signals().get(self.price_name, [])
        return float(told[0]) if told else float("nan")

    def day(self) -> str:
        """Days that have passed, as the spec counts."""
        return f"{self.step * self.dt:,.6g}"

    def date(self) -> str:
        """The calendar's date of the network, if its spec has a start."""
        try:
            return (self.start + timedelta(days=self.step * self.dt)).isoformat() if self.start else ""
        except OverflowError:
            return ""

    def pace(self) -> tuple[float, float]:
        """Epochs and events a second, over the last few seconds."""
        self.rates.append((time.monotonic(), self.live.step, self.events))
        (then, step, events), (now, last, done) = self.rates[0], self.rates[-1]
        spent = now - then
        return ((last - step) / spent, (done - events) / spent) if spent > 0 else (0.0, 0.0)

    def members(self) -> dict[str, int]:
        """How many there are of each open kind, and of those with a stake."""
        network = self.live.network
        out = {kind: len(owners) for kind, owners in network.members.owners.items()}
        for place, value in network.world.balances.items():
            if place.kind == "staked" and place.asset == self.token:
                out["stakers"] = int(sum(bool(v) for v in value.reshape(-1)))
        return out

    def unbalanced(self) -> list[str]:
        """Assets whose accounts do not sum to zero in the ledger: none, ever."""
        return [asset for asset in self.live.network.economy.assets if self.live.ledger.total(asset)]


def brief(who: str) -> str:
    """An address as wallets show it."""
    return f"{who[:6]}…{who[-4:]}" if who.startswith("0x") and len(who) > 16 else who[:14]


def clock(seconds: float) -> str:
    """The time of day, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


def place(account: str) -> str:
    """kind/ASSET of a live account, whoever owns it."""
    return account.partition(":")[0].partition("#")[0]


def drawing(economy: Economy) -> dict[tuple[str, str, str], float]:
    """(call.reason, from, to) -> 1 where rewards leave a reserve, -1 where one is minted into: what the judgement counts as emission besides minting."""
    from ..evaluate.measure import from_reserve, into_reserve

    found = {}
    for f in economy.flow_table:
        if f.src.asset == economy.token and (from_reserve(economy, f) or into_reserve(economy, f)):
            found[f"{f.call}.{f.reason}", str(f.src), str(f.dst)] = 1.0 if from_reserve(economy, f) else -1.0
    return found


def short(x: float) -> str:
    """A number as a person reads it: grouped when whole, with as many digits as matter when small."""
    if x != x:
        return "–"
    if abs(x) >= 100:
        return f"{x:,.0f}"
    return f"{x:,.2f}" if abs(x) >= 1 else f"{x:.3g}"


BARS = "▁▂▃▄▅▆▇█"


def spark(values: Any, width: int) -> str:
    """The last values as a small line of bars, the largest as high as a letter."""
    points = [v for v in values if v == v][-width:]
    if len(points) < 2:
        return ""
    low, high = min(points), max(points)
    if high <= low:
        return BARS[3] * len(points)
    return "".join(BARS[min(7, int(8 * (v - low) / (high - low)))] for v in points)
