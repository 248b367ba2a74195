"""Figures of owning: unit costs, cash flow, and where renting gets dearer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.economics import items
from dcplan.economics.rent import Offer
from dcplan.report import theme
from dcplan.report.figures.ownership import (
    build_or_rent_figure,
    by_line,
    cash_finding,
    cash_flow_figure,
    crossings,
    mean_flows,
    rent_finding,
    unit_cost_figure,
)
from dcplan.results.store import frame

COSTS = frame(
    "costs",
    [
        {"replication": replication, "item": item, "owner": owner, "usd": usd}
        for replication in (0, 1)
        for owner in ("endpoint chat", "unused")
        for item, usd in (
            ("electricity: energy, day", 2.0),
            ("electricity: fixed fee", 1.0),
            ("water", 1.0),
            (items.SERVERS, 10.0),
            (items.BUILDING, 4.0),
            (items.STAFF, 2.0),
            (items.LAND, 0.0),
        )
    ],
)
DEVICES = frame("devices", [{"replication": 0, "installed_h": 1000.0, "used_h": 500.0}])
OWNERSHIP = frame(
    "ownership",
    [
        {"replication": 0, "way": way, "item": item, "usd_per_year": usd, "used_usd_per_year": used}
        for way, item, usd, used in (
            (items.BUILD, items.SERVERS, 900.0, 0.0),
            (items.BUILD, "electricity: energy", 100.0, 50.0),
            (items.CLOUD, items.CLOUD_RENT, 1500.0, 1500.0),
        )
    ],
)


def flows(saved_usd: float) -> pd.DataFrame:
    """Build for 1,000 and 100 a year, or rent for so much more a year; two replications."""
    rows = [
        {
            "replication": replication,
            "way": way,
            "year": year,
            "capital_usd": capital if year == 0 else 0.0,
            "running_usd": 0.0 if year == 0 else running,
            "tax_usd": 0.0,
            "end_usd": 0.0,
            "net_usd": capital if year == 0 else running,
            "present_usd": (capital if year == 0 else running) / 1.1**year,
        }
        for replication in (0, 1)
        for way, capital, running in ((items.BUILD, -1000.0, -100.0), (items.CLOUD, 0.0, -100.0 - saved_usd))
        for year in range(4)
    ]
    return frame("cash_flow", rows)


def test_lines_go_from_the_servers_outwards_and_the_bill_is_one() -> None:
    assert by_line(COSTS, "endpoint chat").to_dict() == {
        items.SERVERS: 10.0,
        items.BUILDING: 4.0,
        items.LAND: 0.0,
        items.STAFF: 2.0,
        "electricity": 3.0,
        "water": 1.0,
    }


def test_the_bars_of_a_unit_s_cost_add_up_to_it() -> None:
    figure = unit_cost_figure("endpoint chat", "1,000 requests", COSTS, 0.4)
    assert figure is not None
    (bars,) = figure.data
    assert sum(bars.x[:-1]) == pytest.approx(0.4)
    assert bars.x[-1] == pytest.approx(0.4)
    ends = [base + length for base, length in zip(bars.base, bars.x, strict=True)]
    assert list(bars.base[1:-1]) == pytest.approx(ends[:-2])
    assert theme.finding(figure) == (
        "1,000 requests of endpoint chat: $0.400, of which 50 % servers and network, 15 % electricity, 35 % the rest"
    )


def test_who_pays_nothing_has_no_figure() -> None:
    assert unit_cost_figure("endpoint none", "1,000 requests", COSTS, 1.0) is None


def test_the_cumulative_line_is_the_sum_of_the_bars() -> None:
    figure = cash_flow_figure(flows(500.0), items.CLOUD, 24.0, 0.2)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    total, present = (trace for trace in figure.data if trace.type == "scatter")
    assert np.cumsum(np.sum([bar.y for bar in bars], axis=0)) == pytest.approx(total.y)
    assert list(total.y) == pytest.approx([-1000.0, -500.0, 0.0, 500.0])
    assert present.y[-1] == pytest.approx(-1000 + 500 * (1 / 1.1 + 1 / 1.21 + 1 / 1.331))
    assert figure.layout.yaxis.title.text == "Cash flow [USD]"


def test_the_finding_says_when_it_pays_or_that_no_rate_makes_it_break_even() -> None:
    assert cash_finding(mean_flows(flows(500.0)), items.CLOUD, 24.0, 0.234) == (
        "Over 3 years of purchases, resale and taxes, against the choice to rent accelerators, building pays back "
        "after 24 months (undiscounted) and gains $243.43 (present value, internal rate of return 23 %)"
    )
    never = cash_finding(mean_flows(flows(-1.0)), items.CLOUD, None, None)
    assert "never pays back" in never
    assert "no single rate makes it break even" in never


def test_the_crossing_is_marked_where_both_cost_the_same() -> None:
    figure = build_or_rent_figure(OWNERSHIP, DEVICES)
    assert figure is not None
    (mark,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert mark.x[0] == pytest.approx(0.95 / (3.0 - 0.1))
    assert mark.y[0] == pytest.approx(3.0)
    assert theme.finding(figure) == (
        "In a year like the run, at a device use of 50 %, an hour is cheapest to build: $2.00, against $3.00 to rent "
        "accelerators; building is "
        "cheaper than renting accelerators from a use of 33 % on"
    )


def test_without_rent_or_use_there_is_nothing_to_compare() -> None:
    assert build_or_rent_figure(OWNERSHIP[OWNERSHIP["way"] == items.BUILD], DEVICES) is None
    assert build_or_rent_figure(OWNERSHIP, DEVICES.assign(used_h=0.0)) is None


def test_where_renting_is_always_cheaper_nothing_crosses() -> None:
    ways = {items.BUILD: Offer(5.0, 0.0), items.CLOUD: Offer(0.0, 2.0)}
    assert crossings(ways) == []
    assert rent_finding(ways, 0.5).endswith("building is cheaper than renting accelerators nowhere")
