"""Laws of the sankey's layout: no cycle, no overlap, nothing lost."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintage.charts.layout import SLOT, Box, layout, slot
from mintage.evaluate.document import Link

from ..report import sample

KINDS = st.sampled_from(["external", "issuance", "burned", "a", "b", "c", "d", "e/X"])
LINKS = st.lists(
    st.builds(Link, source=KINDS, target=KINDS, asset=st.sampled_from(["USD", "T"]), reason=st.just("r"), amount=st.just(1.0), value_fiat=st.floats(1e-6, 1e9)),
    min_size=1,
    max_size=25,
)


@given(LINKS)
@settings(max_examples=150, deadline=None)
def test_money_always_flows_to_the_right(links: list[Link]) -> None:
    boxes, ribbons = layout(links)
    layer = {b.key: b.layer for b in boxes}
    assert all(layer[r.source] < layer[r.target] for r in ribbons)
    assert min(layer.values()) >= 0


@given(LINKS)
@settings(max_examples=150, deadline=None)
def test_no_box_or_label_overlaps_another_in_its_column(links: list[Link]) -> None:
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in layout(links)[0]:
        columns[box.layer].append(box)
    for column in columns.values():
        middles = sorted((b.y + b.height / 2, slot(b)) for b in column)
        for (above, tall), (below, deep) in itertools.pairwise(middles):
            assert below - above >= (tall + deep) / 2 - 1e-6


@given(LINKS)
@settings(max_examples=150, deadline=None)
def test_no_value_is_lost_when_flows_are_merged_and_cycles_cut(links: list[Link]) -> None:
    _, ribbons = layout(links)
    assert sum(r.value for r in ribbons) == pytest.approx(sum(x.value_fiat for x in links))


def test_a_loop_ends_in_a_box_of_its_own_and_the_larger_flow_keeps_its_way() -> None:
    rows = [("a", "b", 5.0), ("b", "a", 3.0)]
    boxes, ribbons = layout([Link(source=s, target=t, asset="T", reason="", amount=v, value_fiat=v) for s, t, v in rows])
    assert [(r.source, r.target) for r in ribbons] == [("in:a", "in:b"), ("in:b", "back:a")]
    assert [b.layer for b in boxes] == [0, 1, 2]


def test_the_outside_is_a_source_and_a_sink() -> None:
    keys = {b.key for b in layout(sample.sankey())[0]}
    assert {"from:external", "to:external", "from:issuance", "to:burned"} <= keys


def test_widths_are_to_one_scale() -> None:
    _, ribbons = layout(sample.sankey())
    scales = [r.width / r.value for r in ribbons if r.width > 1]
    assert max(scales) == pytest.approx(min(scales))
    assert SLOT > 2 * 11  # two lines of 11 px text
