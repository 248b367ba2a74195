"""The bill by month, and the load that its demand charges are billed on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from dcplan.report.figures.bill import (
    REST,
    bill_finding,
    billed_demand,
    by_month_and,
    falling,
    load_duration,
    monthly_bill,
)
from dcplan.report.tables import bill_html
from dcplan.results.store import frame

ITEMS = [
    ("energy, off_peak", "energy", 1000.0, "kWh", 1.0, 100.0),
    ("demand, any hour", "demand", 20.0, "kW", 1.0, 80.0),
    ("demand, off_peak", "demand", 19.0, "kW", 1.0, 0.0),
    ("fixed fee", "fixed", 1.0, "month", 1.0, 20.0),
    ("export", "credit", 50.0, "kWh", 1.0, -10.0),
    ("sales tax", "tax", 190.0, "USD", 1.0, 10.0),
]


def bill(months: Sequence[str] = ("2025-01", "2025-02", "2025-03"), share: float = 1.0) -> pd.DataFrame:
    names = ("item", "kind", "quantity", "unit", "share", "usd")
    rows = [
        {"replication": replication, "month": month}
        | dict(zip(names, item, strict=True))
        | {"usd": item[-1] * (place + 1), "share": share}
        for replication in range(2)
        for place, month in enumerate(months)
        for item in ITEMS
    ]
    return frame("bill", rows)


def site(power_kw: Sequence[float] = (10.0, 20.0, 30.0, 20.0)) -> pd.DataFrame:
    power_w = 1e3 * np.array(power_kw)
    return pd.DataFrame({"grid_w": power_w + 5e3, "export_w": 5e3, "duration_s": [3600.0] * len(power_kw)})


def test_months_and_kinds_are_means_over_the_replications() -> None:
    table = by_month_and(bill(), "kind")
    assert list(table.index) == ["2025-01", "2025-02", "2025-03"]
    assert list(table.columns) == ["energy", "demand", "fixed", "credit", "tax"]
    assert table.loc["2025-02"].tolist() == [200.0, 160.0, 40.0, -20.0, 20.0]
    assert table.sum(axis=1).tolist() == [200.0, 400.0, 600.0]


def test_the_bars_of_a_month_sum_to_its_bill_and_items_that_cost_nothing_are_not_drawn() -> None:
    figure = monthly_bill(bill())
    assert figure is not None
    assert sum(bars.y[1] for bars in figure.data) == pytest.approx(400.0)
    assert [bars.name for bars in figure.data] == [
        "Energy, off-peak",
        "Demand, any hour",
        "Fixed fee",
        "Export",
        "Sales tax",
    ]


def test_many_items_are_gathered_and_lose_nothing() -> None:
    first = bill()
    many = [first.assign(item=f"energy, {place}", usd=first["usd"].abs() + place) for place in range(9)]
    figure = monthly_bill(pd.concat(many))
    assert figure is not None
    assert len(figure.data) == 7
    assert figure.data[-1].name == "Everything else"
    total = float(by_month_and(pd.concat(many), "item").to_numpy().sum())
    assert sum(float(np.sum(bars.y)) for bars in figure.data) == pytest.approx(total)
    assert REST == "everything else"


def test_a_run_within_one_month_has_no_bars_and_parts_of_months_are_marked() -> None:
    assert monthly_bill(bill(["2025-01"])) is None
    figure = monthly_bill(bill(share=0.5))
    assert figure is not None
    assert figure.data[0].x[0] == "Jan<br>2025<br>(part)"


def test_the_finding_names_the_dearest_month_and_the_part_of_demand() -> None:
    assert bill_finding(bill()) == (
        "March 2025 is the dearest month with $600.00, January 2025 the cheapest with $200.00; 40 % of the bill is for "
        "demand, not for energy"
    )


def test_power_falls_over_the_time_that_it_is_reached() -> None:
    share, power_kw = falling(site())
    assert share.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert power_kw.tolist() == [30.0, 30.0, 20.0, 20.0, 10.0]


def test_only_demand_that_costs_something_is_marked() -> None:
    assert billed_demand(bill()) == {"demand, any hour": 20.0}
    figure = load_duration(site(), bill())
    assert [shape.y0 for shape in figure.layout.shapes] == [20.0]
    assert figure.layout.annotations[0].text == "Billed: any hour, 20 kW"
    assert figure.layout.meta["finding"] == (
        "Power is within 10 % of its highest for 25 % of the time; the highest billed demand is 100 % of mean power"
    )


def test_levels_that_lie_close_together_share_a_label() -> None:
    lines = bill()
    lines.loc[lines["item"] == "demand, off_peak", "usd"] = 1.0
    (text,) = (note.text for note in load_duration(site(), lines).layout.annotations)
    assert text == "Billed: any hour, off-peak, 20 kW"


def test_a_site_that_draws_nothing_is_told() -> None:
    lines = bill()
    nothing = load_duration(site([0.0, 0.0]), lines[lines["kind"] != "demand"])
    assert nothing.layout.meta["finding"] == "The site draws nothing from the grid"


def test_the_table_sums_to_the_cent_by_month_and_by_item() -> None:
    page = bill_html(bill())
    assert page.count(">1,200.00</td>") == 2
    assert "<th scope='row'>Demand, any hour</th><td class='number'>20 kW, highest</td>" in page
    assert "<th scope='row'>Energy, off-peak</th><td class='number'>3,000 kWh</td>" in page
    assert "Demand, off-peak" not in page
    assert "Credits" in page
