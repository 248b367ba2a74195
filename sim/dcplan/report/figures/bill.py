"""The electricity bill: what each month costs by component, and the load that its demand charges are billed on."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import dollars, percent, scale

SHOWN = 6
"""Most components that a bar has, beside the sum of the others."""
REST = "everything else"
WHOLE = 1.0 - 1e-6
POINTS = 300
NEAR = 0.06
"""Share of the highest power that two marks must differ by to have labels of their own."""


def by_month_and(bill: pd.DataFrame, key: str) -> pd.DataFrame:
    """Cost of each month (rows) by *key* (columns, in the order of the bill) [USD], mean over the replications."""
    replications = max(1, bill["replication"].nunique())
    table = bill.pivot_table(index="month", columns=key, values="usd", aggfunc="sum", sort=False) / replications
    return table.reindex(columns=pd.unique(bill[key])).fillna(0.0).sort_index()


def monthly_bill(bill: pd.DataFrame) -> go.Figure | None:
    """Bars of the months, each stacked from its components; None if the run lies within one month."""
    costs = by_month_and(bill, "item")
    if len(costs) < 2:
        return None
    shown = _largest(costs)
    labels = [_month(str(month), bill) for month in shown.index]
    figure = go.Figure()
    for number, item in enumerate(shown.columns):
        name = theme.escaped(label(str(item)))
        figure.add_bar(
            x=labels,
            y=shown[item],
            name=name,
            marker={"color": theme.GREY if item == REST else theme.SERIES[number % len(theme.SERIES)]},
            customdata=[dollars(float(usd)) for usd in shown[item]],
            hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
        )
    figure.update_layout(barmode="relative", bargap=0.25, hovermode="x unified", margin_t=24 + 2 * theme.LEGEND_PX)
    figure.update_yaxes(title_text="Cost [USD]")
    figure.update_xaxes(type="category", tickangle=0)
    caption = "Each bar is one month's bill, mean over the replications; credits go below zero."
    if (bill["share"] < WHOLE).any():
        caption += " A month that the run covers in part pays that part of its monthly charges."
    return theme.titled(figure, bill_finding(bill), caption, 430)


def _largest(costs: pd.DataFrame) -> pd.DataFrame:
    """The components that matter most, in the order of the bill, and the sum of the others."""
    sizes = costs.abs().sum()
    used = sizes[sizes > 0.0]
    kept = set(used.nlargest(SHOWN if len(used) > SHOWN + 1 else SHOWN + 1).index)
    shown = costs[[item for item in costs.columns if item in kept]]
    rest = costs[[item for item in used.index if item not in kept]]
    return shown if rest.empty else shown.assign(**{REST: rest.sum(axis=1)})


def _month(month: str, bill: pd.DataFrame) -> str:
    part = (bill.loc[bill["month"] == month, "share"] < WHOLE).any()
    return f"{datetime.strptime(month, '%Y-%m'):%b<br>%Y}" + ("<br>(part)" if part else "")


def label(item: str) -> str:
    """An item of the bill as a word of a legend: "energy, off_peak" to "Energy, off-peak"."""
    text = item.replace("_", "-")
    return text[:1].upper() + text[1:]


def bill_finding(bill: pd.DataFrame) -> str:
    """What a month costs, which is dearest, and what part of it is for demand."""
    months = by_month_and(bill, "kind").sum(axis=1)
    kinds = by_month_and(bill, "kind").sum()
    total = float(months.sum())
    dearest, cheapest = str(months.idxmax()), str(months.idxmin())
    text = f"{_named(dearest)} is the dearest month with {dollars(float(months.max()))}"
    text += f", {_named(cheapest)} the cheapest with {dollars(float(months.min()))}"
    if total <= 0.0 or "demand" not in kinds:
        return text
    return text + f"; {percent(float(kinds['demand']) / total)} of the bill is for demand, not for energy"


def _named(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m'):%B %Y}"


def load_duration(site: pd.DataFrame, bill: pd.DataFrame) -> go.Figure:
    """Power from the grid in falling order over the time that it is reached, and the demand that is billed.

    Args:
        site: The table `site`.
        bill: The table `bill`.
    """
    share, power_kw = falling(site)
    marks = billed_demand(bill)
    unit = scale(max([float(power_kw.max()), *marks.values(), 1e-9]), "kW")
    figure = go.Figure(
        go.Scatter(
            x=theme.compact(100.0 * share),
            y=theme.compact(unit.factor * power_kw),
            mode="lines",
            line={"width": 2, "color": theme.BLUE},
            fill="tozeroy",
            fillcolor=theme.faint(theme.BLUE, 0.15),
            name="Power from the grid",
            hovertemplate=f"%{{y:,.4~g}} {unit.unit} or more for %{{x:.1f}} % of the time<extra></extra>",
            showlegend=False,
        )
    )
    _add_marks(figure, {name: unit.factor * kw for name, kw in marks.items()}, unit.unit)
    figure.update_xaxes(title_text="Share of the counted time [%]", range=[0, 100])
    figure.update_yaxes(title_text=f"Power from the grid [{unit.unit}]", rangemode="tozero")
    return theme.titled(
        figure,
        duration_finding(site, marks),
        "The curve tells for what share of the time at least so much is drawn, over all replications. Dashed: the "
        "highest demand that a month's bill charges for, after averaging over the tariff's window, ratchet and power "
        "factor.",
        400,
    )


def falling(site: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Power from the grid [kW] in falling order, and the share of the time in which at least that is drawn [-]."""
    power_kw = _from_grid_kw(site)
    order = np.argsort(-power_kw, kind="stable")
    ends = np.cumsum(site["duration_s"].to_numpy()[order])
    share = np.concatenate(([0.0], ends / ends[-1]))
    place = np.unique(np.linspace(0, len(share) - 1, min(POINTS, len(share))).astype(int))
    return share[place], np.concatenate((power_kw[order][:1], power_kw[order]))[place]


def billed_demand(bill: pd.DataFrame) -> dict[str, float]:
    """The highest demand that each charge which costs anything is billed on, mean over the replications [kW or kVA]."""
    charged = bill[(bill["kind"] == "demand") & bill["unit"].isin(["kW", "kVA"]) & (bill["usd"] > 0.0)]
    highest = charged.groupby(["item", "replication"], sort=False)["quantity"].max()
    return {str(item): float(kw) for item, kw in highest.groupby("item", sort=False).mean().items()}


def _add_marks(figure: go.Figure, marks: dict[str, float], unit: str) -> None:
    """A dashed line for each level of demand that is billed; those that lie close together share a label."""
    top = max([*marks.values(), 1e-9])
    groups: list[tuple[float, list[str]]] = []
    for name, value in sorted(marks.items(), key=lambda mark: -mark[1]):
        if groups and groups[-1][0] - value < NEAR * top:
            groups[-1][1].append(name)
        else:
            groups.append((value, [name]))
    for value, names in groups:
        figure.add_hline(y=value, line={"color": theme.VERMILION, "width": 1.4, "dash": "dash"})
        figure.add_annotation(
            x=1,
            y=value,
            xref="x domain",
            xanchor="right",
            yanchor="bottom",
            text=theme.escaped(f"Billed: {_short(names)}, {value:,.4g} {unit}"),
            font={"size": 11, "color": theme.VERMILION},
            showarrow=False,
        )


def _short(names: list[str]) -> str:
    """Names of charges without what they share: "demand, any hour" and "demand, on_peak" to "any hour, on-peak"."""
    words = [name.removeprefix("demand, ").replace("_", "-") for name in names]
    return ", ".join(words[:2]) + (f" and {len(words) - 2} more" if len(words) > 2 else "")


def duration_finding(site: pd.DataFrame, marks: dict[str, float]) -> str:
    """How flat the load is, and how billed demand compares with its mean."""
    power_kw, duration_s = _from_grid_kw(site), site["duration_s"].to_numpy()
    highest, mean = float(power_kw.max()), float(np.average(power_kw, weights=duration_s))
    if highest <= 0.0:
        return "The site draws nothing from the grid"
    near = float(duration_s[power_kw >= 0.9 * highest].sum() / duration_s.sum())
    text = f"Power is within 10 % of its highest for {percent(near)} of the time"
    if not marks:
        return text + "; no charge depends on it"
    billed = max(marks.values())
    return text + f"; the highest billed demand is {percent(billed / mean)} of mean power" if mean > 0.0 else text


def _from_grid_kw(site: pd.DataFrame) -> np.ndarray:
    """Power from the grid in each interval [kW]."""
    return (site["grid_w"] - site["export_w"]).to_numpy() / 1000.0
