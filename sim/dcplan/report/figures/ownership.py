"""What owning costs: from the servers up to a thousand requests, year by year, and against renting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from dcplan.economics import items
from dcplan.economics.rent import Offer, break_even_utilisation
from dcplan.kpis.ownership import gained_usd, offers
from dcplan.report import theme
from dcplan.report.numbers import dollars, percent

FloatArray = NDArray[np.float64]

NARROW_PX, WIDE_PX = 190, 900
"""About how wide the bars are drawn on a small screen and on a large one."""
ORDER = (*items.BOUGHT[:2], items.IT_MAINTENANCE, *items.BOUGHT[2:], *items.RUNNING[1:], "electricity", "water")
"""Lines of a cost, from the servers outwards."""
COLOURS = {
    "Bought": theme.ORANGE,
    "Run": theme.GREEN,
    "Metered": theme.BLUE,
}
WAYS: Mapping[str, tuple[str, str]] = {
    items.BUILD: ("build", theme.ORANGE),
    items.COLOCATION: ("rent room", theme.GREEN),
    items.CLOUD: ("rent accelerators", theme.BLUE),
}
"""Each way to have devices: what it is called, and its colour."""
LEAST_USE = 0.1
"""Device use from which on an hour is drawn: it costs without limit as use goes to nothing."""
POINTS = 91


def by_line(costs: pd.DataFrame, owner: str) -> pd.Series:
    """Cost of each line of *owner* [USD], mean over the replications, electricity as one, from the servers outwards."""
    own = costs[costs["owner"] == owner]
    usd = own["usd"].groupby(line_of(own["item"]), sort=False).sum() / max(1, costs["replication"].nunique())
    return usd.reindex(in_order(map(str, usd.index)))


def line_of(item: pd.Series) -> pd.Series:
    """The line that each item of a cost belongs to: all of the electricity bill is one."""
    return item.where(~item.str.startswith("electricity"), "electricity")


def in_order(lines: Iterable[str]) -> list[str]:
    """*lines* from the servers outwards, unknown ones last."""
    found = list(lines)
    return [*(name for name in ORDER if name in found), *(name for name in found if name not in ORDER)]


def unit_cost_figure(
    owner: str, unit: str, costs: pd.DataFrame, usd_per_unit: float, narrow: bool = False
) -> go.Figure | None:
    """Lines from the servers down to what a unit of work costs; None if *owner* pays nothing.

    Args:
        owner: As in the table `costs`, e.g. "endpoint chat".
        unit: What it costs so much, e.g. "1,000 requests".
        costs: The table `costs`.
        usd_per_unit: What a unit costs [USD].
        narrow: For a small screen.
    """
    lines = by_line(costs, owner)
    lines = lines[lines > 0.0]
    if lines.empty:
        return None
    usd = (lines * (usd_per_unit / lines.sum())).to_numpy()
    starts = [*np.cumsum([0.0, *usd])[:-1], 0.0]
    shares = ["" if narrow else f" ({percent(each / usd_per_unit)})" for each in usd]
    texts = [
        *(dollars(each) + share for each, share in zip(usd, shares, strict=True)),
        f"<b>{dollars(usd_per_unit)}</b>",
    ]
    names = [*(_capital(str(name)) for name in lines.index), unit]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            base=starts,
            x=[*usd, usd_per_unit],
            y=list(range(len(names))),
            marker={"color": [*(COLOURS[_kind(str(name))] for name in lines.index), theme.INK]},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=[theme.escaped(f"{name}: {text}") for name, text in zip(names, texts, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    room = 1 + 8 * max(map(len, texts)) / (NARROW_PX if narrow else WIDE_PX)
    figure.update_xaxes(title_text=f"Cost of {unit} [USD]", range=[0.0, room * usd_per_unit])
    labels = [*(_two_lines(name) for name in names[:-1]), f"<b>{theme.escaped(unit)}</b>"]
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(labels))), ticktext=labels, ticks="", showgrid=False
    )
    theme.titled(
        figure,
        unit_finding(owner, unit, lines, usd_per_unit),
        "From the servers outwards, each bar starts where the one above ends; mean over the replications. Orange was "
        "bought (annuities), green is paid every year, blue is used up as meters tell.",
        80 + 34 * len(names),
    )
    return figure.update_layout(bargap=0.25)


def unit_finding(owner: str, unit: str, lines: pd.Series, usd_per_unit: float) -> str:
    """What a unit costs, and which parts of that are IT, electricity, and the building with all that belongs to it."""
    share = lines / lines.sum()
    it = float(share[share.index.isin((items.SERVERS, items.NETWORK, items.IT_MAINTENANCE))].sum())
    electricity = float(share.get("electricity", 0.0))
    rest = 1.0 - it - electricity
    parts = f"{percent(it)} servers and network, {percent(electricity)} electricity, {percent(rest)} the rest"
    return f"{_capital(unit)} of {owner}: {dollars(usd_per_unit)}, of which {parts}"


def _kind(line: str) -> str:
    if line in items.RUNNING:
        return "Run"
    return "Metered" if items.is_metered(line) else "Bought"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _two_lines(name: str) -> str:
    """A long name on two lines."""
    words = theme.escaped(name).split(" ")
    return name if len(name) < 22 else f"{' '.join(words[:2])}<br>{' '.join(words[2:])}"


def mean_flows(cash_flow: pd.DataFrame) -> pd.DataFrame:
    """The table `cash_flow` with the mean over the replications."""
    return cash_flow.groupby(["way", "year"], sort=False).mean(numeric_only=True).reset_index()


def cash_flow_figure(cash_flow: pd.DataFrame, way: str, payback_months: float | None, rate: float | None) -> go.Figure:
    """What building costs and saves against another *way*, year by year, and the sum so far.

    Args:
        cash_flow: The table `cash_flow`.
        way: With which it is compared.
        payback_months: After how many months it has paid for itself; None if never.
        rate: Its internal rate of return by the year; None if there is none.
    """
    flows = mean_flows(cash_flow)
    own = flows[flows["way"] == items.BUILD].sort_values("year")
    other = flows[flows["way"] == way].sort_values("year")
    years = own["year"].to_numpy()
    parts = [
        ("bought", own["capital_usd"].to_numpy(), theme.ORANGE),
        ("run", own["running_usd"].to_numpy(), theme.GREEN),
        ("tax saved", own["tax_usd"].to_numpy(), theme.PURPLE),
        ("sold at the end", own["end_usd"].to_numpy(), theme.SKY),
        (f"not paid to {WAYS[way][0]}", -other["net_usd"].to_numpy(), theme.BLUE),
    ]
    scale, unit = _scale(max(float(np.abs(usd).max(initial=0.0)) for _, usd, _ in parts))
    figure = go.Figure()
    for name, usd, colour in parts:
        if np.abs(usd).max(initial=0.0) > 0.0:
            figure.add_bar(name=name, x=years, y=usd * scale, marker={"color": colour}, hovertemplate="%{y:,.3~f}")
    for name, column, dash in (("sum so far", "net_usd", "solid"), ("discounted", "present_usd", "dot")):
        total = np.cumsum(gained_usd(flows, way, column)) * scale
        line = {"color": theme.INK, "width": 2.5, "dash": dash}
        figure.add_scatter(name=name, x=years, y=total, mode="lines", line=line, hovertemplate="%{y:,.3~f}")
    figure.add_hline(y=0.0, line={"color": theme.GREY, "width": 1})
    figure.update_xaxes(title_text="Year", dtick=1 if len(years) < 16 else 5, showgrid=False)
    figure.update_yaxes(title_text=f"Cash flow [{unit}]")
    theme.titled(
        figure,
        cash_finding(flows, way, payback_months, rate),
        f"Building against this: {WAYS[way][0]}. Bars: what is paid (below zero) and what is got or need not be paid "
        "(above) at the end of each year; servers are bought again when they are worn out. Line: their sum so far, and "
        "dotted the same in present value, at the scenario's discount rate. Year 0 is the day on which all begins.",
        430,
    )
    return figure.update_layout(
        barmode="relative", hovermode="x unified", bargap=0.3, margin={"t": 2 * theme.LEGEND_PX}
    )


def cash_finding(flows: pd.DataFrame, way: str, payback_months: float | None, rate: float | None) -> str:
    """Whether and when building pays against another *way*."""
    worth = float(gained_usd(flows, way, "present_usd").sum())
    years = int(flows["year"].max())
    when = "never pays back" if payback_months is None else f"pays back after {payback_months:.0f} months"
    gain = f"gains {dollars(worth)}" if worth >= 0.0 else f"loses {dollars(-worth)}"
    of_return = "no single rate makes it break even" if rate is None else f"internal rate of return {percent(rate)}"
    pays = f"building {when} (undiscounted) and {gain} (present value, {of_return})"
    return f"Over {years} years of purchases, resale and taxes, against the choice to {WAYS[way][0]}, {pays}"


def _scale(size: float) -> tuple[float, str]:
    """What to multiply dollars by, and the unit they then have."""
    steps = ((1e9, 1e-9, "billion USD"), (1e6, 1e-6, "million USD"), (1e4, 1e-3, "thousand USD"))
    return next(((factor, unit) for least, factor, unit in steps if size >= least), (1.0, "USD"))


def build_or_rent_figure(ownership: pd.DataFrame, devices: pd.DataFrame) -> go.Figure | None:
    """What an hour of a device costs by how much the devices are used, for each way; None if there is but one."""
    installed_h, used_h = (float(devices[name].mean()) for name in ("installed_h", "used_h"))
    mean = ownership.groupby(["way", "item"], sort=False).mean(numeric_only=True).reset_index()
    ways = offers(mean, installed_h, used_h)
    if len(ways) < 2 or used_h <= 0.0:
        return None
    use, now = np.linspace(LEAST_USE, 1.0, POINTS), used_h / installed_h
    figure = go.Figure()
    for way, offer in ways.items():
        name, colour = WAYS[way]
        cost = offer.usd_per_used_h(use)
        hover = f"{name}: %{{y:$.2f}} at %{{x:.0%}}<extra></extra>"
        line = {"color": colour, "width": 2.5, "dash": "dash" if way == items.COLOCATION else "solid"}
        figure.add_scatter(name=name, x=use, y=cost, mode="lines", line=line, hovertemplate=hover)
    dearest = max(float(offer.usd_per_used_h(now)) for offer in ways.values())
    for name, at, usd, colour in crossings(ways):
        label = f"{percent(at)}<br>{dollars(usd)}"
        marker = {"color": theme.PAPER, "size": 11, "line": {"color": colour, "width": 3}}
        hover = f"{name} breaks even at {percent(at)}<extra></extra>"
        figure.add_scatter(x=[at], y=[usd], mode="markers", marker=marker, showlegend=False, hovertemplate=hover)
        if name == WAYS[items.BUILD][0]:
            figure.add_annotation(x=at, y=usd, text=label, xanchor="left", yanchor="bottom", xshift=8, yshift=4)
    figure.add_vline(x=now, line={"color": theme.INK, "width": 1, "dash": "dash"})
    side = "right" if now > 0.6 else "left"
    figure.add_annotation(x=now, y=1.0, yref="paper", text=f"this run: {percent(now)}", xanchor=side, yanchor="top")
    figure.update_xaxes(title_text="Device use", range=[0.0, 1.0], tickformat=".0%")
    figure.update_yaxes(title_text="Cost of an hour of use [USD/h]", range=[0.0, 2.2 * dearest], tickprefix="$")
    theme.titled(
        figure,
        rent_finding(ways, now),
        "Cost of an hour in which a device is used, over the share of the time in which devices are. In use are "
        "replicas that are kept, busy or not, and slots on which jobs run. What was bought is paid for used or not, so "
        "it is dear when little used. Circles mark where lines cross. As if every week were like this run.",
        400,
    )
    return figure


def crossings(ways: Mapping[str, Offer]) -> list[tuple[str, float, float, str]]:
    """Where owning gets cheaper than renting by the hour: its name, device use, cost of an hour [USD/h], colour."""
    cloud, found = ways.get(items.CLOUD), []
    for way in (items.BUILD, items.COLOCATION):
        at = None if cloud is None or way not in ways else break_even_utilisation(ways[way], cloud)
        if at is not None and at >= LEAST_USE:
            found.append((WAYS[way][0], at, float(ways[way].usd_per_used_h(at)), WAYS[way][1]))
    return found


def rent_finding(ways: Mapping[str, Offer], now: float) -> str:
    """What is cheapest at the use of this run, and from which use on building is."""
    costs = {way: float(offer.usd_per_used_h(now)) for way, offer in ways.items()}
    cheapest = min(costs, key=lambda way: costs[way])
    others = ", ".join(f"{dollars(usd)} to {WAYS[way][0]}" for way, usd in costs.items() if way != cheapest)
    least = f"to {WAYS[cheapest][0]}: {dollars(costs[cheapest])}"
    text = f"In a year like the run, at a device use of {percent(now)}, an hour is cheapest {least}, against {others}"
    if items.CLOUD not in ways:
        return text
    at = break_even_utilisation(ways[items.BUILD], ways[items.CLOUD])
    end = "nowhere" if at is None else f"from a use of {percent(at)} on"
    return f"{text}; building is cheaper than renting accelerators {end}"
