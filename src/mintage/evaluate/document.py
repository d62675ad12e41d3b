"""The judged result as plain data: what `--json` prints, what charts draw, what the report shows. Its schema is `Document.model_json_schema()`.

Everything here is a number, a string, a list or a mapping: a document can be stored, sent, compared and drawn without the
simulator. Units stand beside values; money of the token in whole tokens, fiat in whole units.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["pass", "warn", "fail", "not_shown"]


class Part(BaseModel):
    """Base of every part of a document: nothing undeclared gets in."""

    model_config = ConfigDict(extra="forbid")


class Band(Part):
    """One series over time: quantiles over paths at each saved day. Lists have the length of `day`."""

    name: str
    title: str
    unit: str
    day: list[float]
    q05: list[float | None]
    q25: list[float | None]
    q50: list[float | None]
    q75: list[float | None]
    q95: list[float | None]
    mean: list[float | None]


class Link(Part):
    """One arrow of the sankey: mean amount over paths of one epoch's flow, and its value in fiat."""

    source: str
    target: str
    asset: str
    reason: str
    amount: float
    value_fiat: float


class Bar(Part):
    """One bar of the supply waterfall [token], mean over paths, in order; `total` bars stand on the ground."""

    label: str
    amount: float
    total: bool = False


class Unlock(Part):
    """What one allocation unlocks in the 30 days from `day`."""

    day: float
    date: str
    holder: str
    role: str
    amount: float


class Test(Part):
    """One named test of the judgement: what was found against a public threshold. `value` None with verdict `not_shown`: missing data."""

    code: str
    title: str
    point: int = Field(ge=1, le=6)
    verdict: Verdict
    value: float | str | None
    unit: str
    threshold: str
    weight: float = Field(gt=0)
    source: str
    sentence: str
    evidence: dict[str, Any] = {}


class Point(Part):
    """One of the six points: evidence, verdict, sentence; score in 0..1 is the weighted share of its tests that pass."""

    number: int = Field(ge=1, le=6)
    title: str
    verdict: Verdict
    score: float
    shown: float  # weighted share of tests with data
    sentence: str
    evidence: dict[str, Any]


class Flag(Part):
    """One of the five red flags; raised is None when the data to decide is missing (which counts as not shown)."""

    code: str
    title: str
    raised: bool | None
    sentence: str
    evidence: dict[str, Any]


class Interval(Part):
    """A number over paths: median, and the 90 % range; `unit` in brackets' notation."""

    name: str
    title: str
    unit: str
    median: float | None
    low: float | None
    high: float | None
    note: str = ""


class Assumption(Part):
    """One number of the spec and where it comes from; `assumed` when nobody but the author vouches for it."""

    path: str
    value: str
    unit: str
    source: str
    date: str
    assumed: bool
    doc: str = ""


class Comparison(Part):
    """A run beside the base run under common random numbers: a scenario, the stablecoin ablation, usage up or down."""

    name: str
    title: str
    paths: int
    metrics: dict[str, float | None]  # medians by metric name


class Manifest(Part):
    """What ran: enough to run it again."""

    spec_name: str
    spec_hash: str
    version: str
    seed: int
    engine: str
    paths: int
    steps: int
    step_days: float
    platform: str
    python: str
    numpy: str
    created: str
    partial: bool = False
    runs: dict[str, int] = {}  # name of each run made -> its paths
    seconds: float = 0.0


class Claim(Part):
    """A number that an article prints about a network, from `low` to `high`; `window` [day] of a volatility, None where none is stated."""

    article: str
    subject: str
    quantity: str
    printed: str
    low: float
    high: float
    unit: str
    period: str = ""
    window: float | None = None


class ClaimCheck(Part):
    """What such claims imply beside what was printed."""

    what: str
    printed: str
    computed: str
    holds: bool
    note: str = ""


class Document(Part):
    """The whole judged result of one network."""

    def __repr__(self) -> str:
        return f"<Document of {self.network}: {self.verdict}, {self.headline}>"

    form: Literal["mintage.document.v1"] = "mintage.document.v1"
    network: str
    title: str
    token: str
    fiat: str
    start: str
    horizon_days: float
    verdict: Verdict
    headline: str  # one sentence: does this economy sustain itself?
    reasons: list[str]  # three to six sentences, most important first
    grade: float | None
    grade_range: tuple[float, float] | None  # how the grade moves when the weights move
    points: list[Point]
    flags: list[Flag]
    tests: list[Test]
    metrics: list[Interval]
    bands: list[Band]
    sankey: list[Link]
    sankey_title: str
    waterfall: list[Bar]
    unlocks: list[Unlock]
    comparisons: list[Comparison]
    assumptions: list[Assumption]
    sources: dict[str, str]
    claims: list[Claim] = []  # what articles print of such networks; none of it verified, and nothing here is judged by it
    claim_checks: list[ClaimCheck] = []
    manifest: Manifest
