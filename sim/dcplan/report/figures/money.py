"""What the run costs, item by item, and who pays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dcplan.economics.items import is_metered, runs
from dcplan.report import theme
from dcplan.report.numbers import dollars, percent

UNUSED = "unused"


NARROW_PX, WIDE_PX = 200, 900
"""About how wide the bars are drawn on a small screen and on a large one."""


def by_item(costs: pd.DataFrame) -> pd.Series:
    """Cost of each item [USD], mean over the replications, in the order of the bill."""
    return _mean(costs, "item")


def by_owner(costs: pd.DataFrame) -> pd.DataFrame:
    """Cost of each owner [USD], mean over the replications: electricity and water, what was bought, and all."""
    metered = costs["item"].map(is_metered)
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


def cost_waterfall(costs: pd.DataFrame, narrow: bool = False) -> go.Figure:
    """Items from top to bottom, each starting where the one above ends, and their sum; *narrow* for a small screen."""
    items = by_item(costs)
    shown = items[items.abs() > 0]
    total = float(items.sum())
    names = [*map(str, shown.index), "total"]
    amounts = np.array([*shown, total])
    starts = np.array([*np.cumsum([0.0, *shown])[:-1], 0.0])
    share = [f" ({percent(usd / total)})" if total > 0 and not narrow else "" for usd in shown]
    texts = [*(dollars(usd) + part for usd, part in zip(shown, share, strict=True)), f"<b>{dollars(total)}</b>"]
    figure = go.Figure(
        go.Bar(
            orientation="h",
            base=starts,
            x=amounts,
            y=list(range(len(amounts))),
            marker={"color": [*(_colour(str(item)) for item in shown.index), theme.INK]},
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=[theme.escaped(f"{item}: {dollars(usd)}") for item, usd in zip(names, amounts, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    ends = np.concatenate((starts, starts + amounts))
    room = 1 + 8 * max(map(len, texts)) / (NARROW_PX if narrow else WIDE_PX)
    figure.update_xaxes(title_text="Cost [USD]", range=[min(0.0, ends.min()), room * max(ends.max(), 1e-9)])
    labels = [*map(label, names[:-1]), "<b>Total</b>"]
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(labels))), ticktext=labels, ticks="", showgrid=False
    )
    theme.titled(
        figure,
        cost_finding(costs),
        "Each bar starts where the one above ends; together they are the cost of the counted time, mean over the "
        "replications. Blue is used up (electricity, water), orange was bought (servers, building)"
        f"{', green is paid every year' if items.index.map(runs).any() else ''}.",
        70 + 36 * len(amounts),
    )
    return figure.update_layout(bargap=0.25)


def _colour(item: str) -> str:
    if runs(item):
        return theme.GREEN
    return theme.BLUE if is_metered(item) else theme.ORANGE


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
