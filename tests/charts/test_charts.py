"""Every chart compiles, offline and without a warning, says what it must, and survives what a document may hold."""

from __future__ import annotations

import json
import math

import pytest

from mintage.charts import CHARTS, chart, names, to_png, to_svg
from mintage.charts.theme import GROUND, SERIES, VERDICTS
from mintage.errors import UsageError
from mintage.evaluate.document import Bar, Comparison, Document, Link, Unlock

from ..report import sample

EXPECTED = {
    "fan:price": ["Token price [USD/SAM]", "log scale", "2025"],
    "fan:supply": ["Circulating supply [SAM]", "axis not from zero", "550M"],
    "sankey": ["issuance", "providers", "back to providers", "415k", "Mean flows of the week"],
    "waterfall": ["Emission to providers", "+18M", "555M", "-4.1M"],
    "parity": ["emissions", "revenue", "Median revenue first covers emissions on 2025-12-15."],
    "unlocks": ["team", "investors", "SAM per 30 days"],
    "points": ["1 Utility depth – passed", "4 Demand-supply alignment – not shown"],
    "tests": ["6 Audit status", "warning", "not shown"],
    "scenarios": ["Bull market", "Supply at the end", "change from the base run [%]"],
}


def text_of(svg: str) -> str:
    """The words of a picture as a reader sees them."""
    return svg.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("−", "-")


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_each_chart_becomes_a_picture_with_its_labels(name: str, mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    svg = text_of(to_svg(chart(sample.document(), name), mode))  # type: ignore[arg-type]
    missing = [label for label in EXPECTED[name] if label not in svg]
    assert not missing
    assert GROUND[mode] in svg
    assert "WARN" not in capfd.readouterr().err


def test_every_name_of_the_catalogue_gives_a_spec_without_nan_that_is_as_wide_as_its_place() -> None:
    document = sample.document()
    assert len(names(document)) == len(document.bands) + len(CHARTS) - 1
    for name in names(document):
        text = json.dumps(chart(document, name), allow_nan=False)
        assert "container" in text, name


def test_a_png_starts_as_one_and_grows_with_the_scale() -> None:
    spec = chart(sample.document(), "points")
    small, large = to_png(spec, 1.0), to_png(spec, 2.0)
    assert small[:8] == b"\x89PNG\r\n\x1a\n"
    width = [int.from_bytes(p[16:20], "big") for p in (small, large)]
    assert width[1] == pytest.approx(2 * width[0], abs=2)


@pytest.mark.parametrize("name", list(CHARTS))
def test_an_empty_document_gives_a_reason_and_not_an_empty_frame(name: str) -> None:
    spec = chart(sample.bare(), name)
    assert spec["mark"]["text"].startswith("No")
    assert spec["mark"]["text"] in to_svg(spec)


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"MT602.*did you mean 'fan:price'"):
        chart(sample.document(), "fan:prise")


def hostile() -> Document:
    """Names that would break out of markup, Vega expressions or dates; numbers at the ends of what a float holds."""
    bad = sample.HOSTILE
    band = sample.band("x", bad, bad, 1.0, 0.0, 0.1)
    holes = [None if i % 3 else v for i, v in enumerate(band.q50)]
    wild = [math.nan, math.inf, -math.inf, 1e300, -1e300, *holes[5:]]
    revenue = sample.band("revenue", "r", "USD", 1e300, 0.0, 0.0).model_copy(
        update={"day": [0.0], "q50": [None], **{q: [None] for q in ("q05", "q25", "q75", "q95", "mean")}}
    )
    return sample.document(
        title=bad,
        token=bad,
        start="no date",
        bands=[
            band.model_copy(update={"q50": holes}),
            band.model_copy(update={"name": "y", "q95": wild}),
            sample.band("emission_value", bad, bad, 1e-9, 0, 0.1),
            revenue,
        ],
        sankey=[
            Link(source=bad, target=bad, asset=bad, reason=bad, amount=1, value_fiat=1e300),
            Link(source="a", target="b", asset="x", reason="", amount=0, value_fiat=math.nan),
        ],
        waterfall=[Bar(label=bad, amount=1e300, total=True), Bar(label=bad, amount=-5e299), Bar(label=bad, amount=math.nan)],
        unlocks=[Unlock(day=1e9 * i, date="", holder=f"{bad}{i}", role="", amount=10.0 ** (i * 20)) for i in range(12)],
        comparisons=[
            Comparison(name=bad, title=bad, paths=1, metrics={"price_end": 1e300, bad: 1.0}),
            Comparison(name="z", title="z", paths=1, metrics={"price_end": -1e300}),
        ],
    )


@pytest.mark.parametrize("name", ["fan:x", "fan:y", *(n for n in CHARTS if n != "fan")])
def test_hostile_names_and_numbers_still_make_a_picture(name: str) -> None:
    spec = chart(hostile(), name)
    json.dumps(spec, allow_nan=False)
    svg = to_svg(spec)
    assert "<script" not in svg.lower()
    assert svg.count("<text") > 0


def contrast(one: str, other: str) -> float:
    """(L1 + 0.05) / (L2 + 0.05) of relative luminances, WCAG 2.2."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_mark_stands_out_from_the_ground_of_both_modes(mode: str) -> None:
    colours = {*SERIES, *(colour for _, colour, _ in VERDICTS.values())}
    weak = {c for c in colours if contrast(c, GROUND[mode]) < 3}
    assert not weak
