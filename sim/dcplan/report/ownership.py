"""The section on owning: what a year costs line by line, and what renting would."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pandas as pd

from dcplan.economics import items
from dcplan.economics.shares import in_whole
from dcplan.report.figures.ownership import (
    WAYS,
    build_or_rent_figure,
    by_line,
    cash_flow_figure,
    in_order,
    line_of,
    unit_cost_figure,
)
from dcplan.report.frame import Chart, Section
from dcplan.report.summary import Kpis, names, number

MOST_OWNERS = 4
"""Endpoints and queues whose unit cost is drawn, the dearest first."""
UNITS = {
    "endpoints": ("endpoint", "1,000 requests", "cost_usd_per_1k_requests"),
    "training": ("training", "a training run", "cost_usd_per_job"),
}
LEAD = (
    "A year is the counted time over and over, as if every week were like it; the costs above stay those of the run. "
    "Prices are in US dollars of the year that the scenario names."
)


def ownership_section(
    costs: pd.DataFrame, ownership: pd.DataFrame, cash_flow: pd.DataFrame, devices: pd.DataFrame, kpis: Kpis
) -> Section:
    """What owning costs, from the tables of the same names."""
    charts = [*_rent(ownership, devices), *_cash(cash_flow, kpis), *_units(costs, kpis)]
    return Section("Owning, or renting", tuple(charts), ownership_html(ownership), LEAD)


def _rent(ownership: pd.DataFrame, devices: pd.DataFrame) -> Iterator[Chart]:
    figure = build_or_rent_figure(ownership, devices)
    if figure is not None:
        yield Chart(figure)


def _cash(cash_flow: pd.DataFrame, kpis: Kpis) -> Iterator[Chart]:
    for way in (items.CLOUD, items.COLOCATION):
        if (cash_flow["way"] == way).any():
            months, rate = number(kpis, f"payback_against_{way}_months"), number(kpis, f"irr_against_{way}")
            yield Chart(cash_flow_figure(cash_flow, way, months, rate))


def _units(costs: pd.DataFrame, kpis: Kpis) -> Iterator[Chart]:
    """From the servers to a thousand requests or a training run, of those who pay most."""
    found = []
    for family, (word, unit, kpi) in UNITS.items():
        for name in names(kpis, family):
            usd = number(kpis, f"{family}.{name}.{kpi}")
            if usd is not None:
                owner = f"{word} {name}"
                found.append((float(by_line(costs, owner).sum()), owner, unit, usd))
    for _, owner, unit, usd in sorted(found, reverse=True)[:MOST_OWNERS]:
        wide = unit_cost_figure(owner, unit, costs, usd)
        if wide is not None:
            yield Chart(wide, unit_cost_figure(owner, unit, costs, usd, narrow=True))


def ownership_html(ownership: pd.DataFrame) -> str:
    """A year of each way, line by line in whole dollars, mean over the replications; the last row is their sum."""
    ways = [way for way in WAYS if (ownership["way"] == way).any()]
    line = line_of(ownership["item"]).rename("line")
    sums = ownership.groupby([line, "way"], sort=False)["usd_per_year"].sum().unstack("way")
    mean = (sums / ownership["replication"].nunique()).reindex(in_order(map(str, sums.index)))
    whole = {way: _whole(mean[way].dropna()) for way in ways}
    heads = "".join(f"<th scope='col' class='number'>{_capital(WAYS[way][0])}</th>" for way in ways)
    rows = "\n".join(_row(str(item), [whole[way].get(str(item)) for way in ways]) for item in mean.index)
    total = _row("Total", [sum(whole[way].values()) for way in ways])
    return (
        "<table class='owners'>\n<caption>A year of each way in USD, as if every week were like this run; mean over "
        f"the replications</caption>\n<thead><tr><th scope='col'>Line</th>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{total}\n</tfoot>\n</table>"
    )


def _whole(usd: pd.Series) -> dict[str, float]:
    return dict(zip(map(str, usd.index), in_whole([float(each) for each in usd], 1.0), strict=True))


def _row(name: str, usd: list[float | None]) -> str:
    cells = "".join(f"<td class='number'>{'&ndash;' if each is None else f'{each:,.0f}'}</td>" for each in usd)
    return f"<tr><th scope='row'>{html.escape(_capital(name.replace('_', '-')))}</th>{cells}</tr>"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
