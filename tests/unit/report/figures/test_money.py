"""Costs, item by item."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.report.figures.money import by_item, by_owner, cost_finding, cost_waterfall, label
from dcplan.results.store import frame

ITEMS = {"electricity: energy, off_peak": 10.0, "electricity: fixed fee": 0.0, "water": 1.0, "servers": 40.0}


def costs(replications: int = 2) -> pd.DataFrame:
    rows = [
        {"replication": replication, "item": item, "owner": owner, "usd": share * (usd + replication)}
        for replication in range(replications)
        for item, usd in ITEMS.items()
        for owner, share in (("unused", 0.25), ("endpoint a", 0.75))
    ]
    return frame("costs", rows)


def test_items_are_means_over_the_replications_in_the_order_of_the_bill() -> None:
    items = by_item(costs())
    assert list(items.index) == list(ITEMS)
    assert items.tolist() == pytest.approx([10.5, 0.5, 1.5, 40.5])


def test_owners_pay_the_whole_and_unused_comes_last() -> None:
    owners = by_owner(costs())
    assert list(owners.index) == ["endpoint a", "unused"]
    assert owners.loc["endpoint a"].tolist() == pytest.approx([0.75 * 12.5, 0.75 * 40.5, 0.75 * 53.0])
    assert owners["total"].sum() == pytest.approx(float(by_item(costs()).sum()), rel=1e-12)


def test_each_bar_starts_where_the_one_above_ends() -> None:
    (bars,) = cost_waterfall(costs()).data
    starts, lengths = list(bars.base), list(bars.x)
    assert starts[:-1] == pytest.approx([0.0, 10.5, 11.0, 12.5])
    assert (starts[-1], lengths[-1]) == (0.0, pytest.approx(53.0))
    assert starts[-2] + lengths[-2] == pytest.approx(lengths[-1])


def test_items_that_cost_nothing_are_not_drawn() -> None:
    (bars,) = cost_waterfall(costs(1)).data
    assert len(bars.y) == 4


def test_labels_are_escaped() -> None:
    assert label("electricity: energy, off_peak").startswith("Energy, off-peak<br>")
    assert label("<b>water") == "&lt;b&gt;water"


def test_the_finding_names_the_largest_and_the_unused_part() -> None:
    assert cost_finding(costs()) == (
        "Servers are the largest part of $53.00 (76 %); 25 % of the total pays for slots that nobody has reserved"
    )


def test_electricity_counts_as_one() -> None:
    rows = [
        {"replication": 0, "item": item, "owner": "endpoint a", "usd": usd}
        for item, usd in (("electricity: energy", 30.0), ("electricity: demand", 30.0), ("servers", 40.0))
    ]
    assert cost_finding(frame("costs", rows)) == "Electricity is the largest part of $100.00 (60 %)"


def test_a_run_that_costs_nothing_has_a_figure_too() -> None:
    rows = [{"replication": 0, "item": "water", "owner": "unused", "usd": 0.0}]
    figure = cost_waterfall(frame("costs", rows))
    assert figure.layout.title.text == "The run costs $0.00"
