"""The shipped tables: read by kind, missing cells stay missing, and their sums are the ones the sources state."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from mintage import data
from mintage.errors import UsageError


def test_every_shipped_table_is_named_in_the_readme_and_has_whole_columns() -> None:
    for name in data.names():
        with data.path(name) as file:
            assert f"`{file.name}`" in (file.parent / "README.md").read_text("utf-8")
        assert len({len(column) for column in data.read(name).values()}) == 1
    assert {"render_bme_weekly", "render_emissions_schedule"} <= set(data.names())


def test_weekly_epochs_follow_one_another_without_a_gap() -> None:
    weekly = data.read("render_bme_weekly")
    assert weekly["epoch"] == [Decimal(n) for n in range(1, 85)]
    assert weekly["start"][0] == date(2023, 12, 20)
    assert all(end - start == timedelta(days=7) for start, end in zip(weekly["start"], weekly["end"], strict=True))
    assert weekly["start"][1:] == weekly["end"][:-1]


def test_burned_tokens_and_job_rewards_sum_to_what_the_sources_state() -> None:
    weekly = data.read("render_bme_weekly")
    burned = weekly["burned_render"]
    assert round(sum(burned[:52]), 1) == Decimal("275207.6")
    assert round(sum(burned[52:]), 1) == Decimal("363580.3")
    assert round(sum(weekly["job_rewards_render"][52:])) == 482_882


def test_an_empty_cell_is_missing_and_never_zero() -> None:
    availability = data.read("render_bme_weekly")["availability_rewards_render"]
    assert availability[:54] == [None] * 54
    assert [n for n, paid in enumerate(availability, 1) if n > 54 and paid is None] == [64, 66, 70]
    assert Decimal(0) not in availability


def test_budgets_split_into_their_parts_but_for_rounding() -> None:
    schedule = data.read("render_emissions_schedule")
    assert schedule["status"][0] == "budget as first approved"
    parts = [schedule[f"{who}_render"] for who in ("node_rewards", "artist_client_rewards", "liquidity", "foundation")]
    for total, *split in zip(schedule["total_render"], *parts, strict=True):
        assert abs(total - sum(split)) <= 6


def test_a_table_that_is_not_shipped_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"MT410 render_bme_weekly_: .*render_bme_weekly'") as caught:
        data.read("render_bme_weekly_")
    assert caught.value.exit_status == 2
    with pytest.raises(UsageError, match="MT410"):
        data.read("../vendor/README")
