"""What the run costs, item by item, and who pays."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import dollars, percent

UNUSED = "unused"


def by_item(costs: pd.DataFrame) -> pd.Series:
    """Cost of each item [USD], mean over the replications, in the order of the bill."""
    return _mean(costs, "item")


def by_owner(costs: pd.DataFrame) -> pd.DataFrame:
    """Cost of each owner [USD], mean over the replications: electricity and water, what was bought, and all."""
    metered = costs["item"].str.startswith("electricity") | (costs["item"] == "water")
    table = pd.DataFrame(
        {"metered": _mean(costs[metered], "owner"), "bought": _mean(costs[~metered], "owner")},
        index=pd.unique(costs["owner"]),
    ).fillna(0.0)
    table["total"] = table["metered"] + table["bought"]
    last = table.index == UNUSED
    return pd.concat([table[~last].sort_values("total", ascending=False, kind="stable"), table[last]])


def _mean(costs: pd.DataFrame, key: str) -> pd.Series:
    replications = max(1, costs["replication"].nunique())
    return costs.groupby(key, sort=False)["usd"].sum() / replications


def cost_waterfall(costs: pd.DataFrame) -> go.Figure:
    """Items from top to bottom, each starting where the one above ends, and their sum."""
    items = by_item(costs)
    shown = items[items.abs() > 0]
    total = float(items.sum())
    labels = [label(str(item)) for item in shown.index]
    amounts = [float(usd) for usd in shown]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            measure=["relative"] * len(shown) + ["total"],
            y=[*labels, "<b>Total</b>"],
            x=[*amounts, total],
            text=[f"{dollars(usd)} ({percent(usd / total)})" if total else dollars(usd) for usd in amounts]
            + [f"<b>{dollars(total)}</b>"],
            textposition="outside",
            cliponaxis=False,
            increasing={"marker": {"color": theme.BLUE}},
            decreasing={"marker": {"color": theme.GREEN}},
            totals={"marker": {"color": theme.INK}},
            connector={"line": {"color": theme.GREY, "width": 1}},
            hovertemplate="%{y}: %{delta:$,.2f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False)
    figure.update_xaxes(title_text="Cost [USD]", rangemode="tozero", range=[min(0.0, *amounts, total), 1.22 * total])
    return theme.titled(
        figure,
        cost_finding(costs),
        "Each bar starts where the one above ends; together they are the total cost of the counted time, "
        "mean over the replications.",
        110 + 34 * (len(shown) + 1),
    )


def label(item: str) -> str:
    """An item of the bill as a tick label on two lines: "electricity: energy, off_peak" to "Energy, off-peak"."""
    family, _, rest = item.partition(": ")
    text = (rest or family).replace("_", "-")
    second = f"<br><span style='font-size:11px'>{theme.escaped(family)}</span>" if rest else ""
    return theme.escaped(text[:1].upper() + text[1:]) + second


def cost_finding(costs: pd.DataFrame) -> str:
    """What costs most, and what nobody uses."""
    items = by_item(costs)
    total = float(items.sum())
    if total <= 0:
        return f"The run costs {dollars(total)}"
    families = items.groupby(items.index.str.partition(": ").get_level_values(0), sort=False).sum()
    largest = str(families.idxmax())
    part = percent(float(families.max()) / total)
    text = f"{largest[:1].upper()}{largest[1:]} {_verb(largest)} the largest part of {dollars(total)} ({part})"
    unused = float(costs.loc[costs["owner"] == UNUSED, "usd"].sum()) / max(1, costs["replication"].nunique())
    if unused > 0.01 * total:
        text += f"; {percent(unused / total)} of the total pays for slots that nobody has reserved"
    return text


def _verb(subject: str) -> str:
    return "are" if subject.endswith("s") else "is"
