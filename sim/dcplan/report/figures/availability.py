"""What stands between the grid and the servers, what each part of it costs in minutes a year, and how years differ."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from dcplan.report import theme
from dcplan.report.numbers import digits, percent, span

MINUTES_PER_YEAR = 365.0 * 1440.0
HOUR_S = 3600.0
WIDTH, HEIGHT, GAP = 1.0, 1.0, 0.22
"""A box and the line to the next, in units of the drawing."""
ROW_PX = 118
NARROW_ROW_PX = 92
LETTERS, NARROW_LETTERS = 17, 34
"""Letters that fit in a line of a box."""


@dataclass(frozen=True)
class Box:
    """A box of the diagram."""

    side: str
    name: str
    units: str
    own_share: float
    minutes: float
    paths: int

    @property
    def standing_by(self) -> bool:
        """Whether it works only when the supply fails."""
        return self.side == "standby"

    @property
    def available(self) -> str:
        """How much of the time, or how surely, it works."""
        return percent(1.0 - self.own_share, 3) if self.own_share > 0.0 else "100 %"


def boxes(blocks: pd.DataFrame) -> list[Box]:
    """The blocks of the table `availability_blocks`, mean over the replications, in its order."""
    rows = blocks.groupby("block", sort=False).agg(
        side=("side", "first"),
        needed=("needed", "first"),
        installed=("installed", "first"),
        paths=("paths", "first"),
        own_share=("own_share", "mean"),
        minutes=("minutes_per_year", "mean"),
    )
    return [
        Box(
            side=str(row["side"]),
            name=str(name),
            units=_units(int(row["needed"]), int(row["installed"]), int(row["paths"])),
            own_share=float(row["own_share"]),
            minutes=float(row["minutes"]),
            paths=int(row["paths"]),
        )
        for name, row in rows.iterrows()
    ]


def _units(needed: int, installed: int, paths: int) -> str:
    units = f"{needed} of {installed} needed" if installed > 1 else "one"
    return f"{units}, in each of {paths} paths" if paths > 1 else units


def weakest(found: list[Box]) -> Box:
    """The block that costs the most time."""
    return max(found, key=lambda box: box.minutes)


def block_diagram(blocks: pd.DataFrame, whole: pd.DataFrame, narrow: bool = False) -> go.Figure:
    """Power from left to right above, cooling below; each block with its availability and the minutes it costs.

    Args:
        blocks: The table `availability_blocks`; not empty.
        whole: The table `availability`.
        narrow: For a small screen: from top to bottom.
    """
    found = boxes(blocks)
    figure = go.Figure()
    rows = _column(found) if narrow else _rows(found)
    least = weakest(found)
    most = max((box.minutes for box in found), default=0.0)
    for (column, row), box in rows.items():
        _draw(figure, box, column, row, box is least and box.minutes > 0.0, most, narrow)
    if not narrow:
        _lines(figure, rows)
    columns = max(column for column, _ in rows) + 1.0
    height = max(row for _, row in rows) + 1.0
    figure.update_xaxes(visible=False, fixedrange=True, range=[-0.02, columns * (WIDTH + GAP) - GAP + 0.06])
    figure.update_yaxes(visible=False, fixedrange=True, range=[height * (HEIGHT + GAP) - GAP + 0.04, -0.12])
    theme.titled(
        figure,
        diagram_finding(found, float(whole["down_share"].mean())),
        "Everything in a row must work; generators and batteries carry the servers while the supply is interrupted. In "
        "each box: units, the share of the time in which enough of them work (of those that stand by: the chance that "
        "enough start), and the minutes a year that servers lose because of it, after what batteries, generators and "
        "the slow warming of the room bridge, starting up again included. The weakest is marked. Closed form.",
        int(height * (NARROW_ROW_PX if narrow else ROW_PX)) + 24,
    )
    return figure.update_layout(margin={"l": 6, "r": 6, "t": 10, "b": 6}, showlegend=False, hovermode="closest")


Places = dict[tuple[float, float], Box]


def _rows(found: list[Box]) -> Places:
    """Power in the first row, what stands by under the supply, cooling below."""
    power = [box for box in found if box.side in ("supply", "path", "server")]
    standby = [box for box in found if box.standing_by]
    cooling = [box for box in found if box.side == "cooling"]
    places = {(float(at), 0.0): box for at, box in enumerate(power)}
    places |= {(float(at), 1.0): box for at, box in enumerate(standby)}
    return places | {(float(at), 2.0): box for at, box in enumerate(cooling)}


def _column(found: list[Box]) -> Places:
    return {(0.0, float(at)): box for at, box in enumerate(found)}


def _draw(figure: go.Figure, box: Box, column: float, row: float, marked: bool, most: float, narrow: bool) -> None:
    left, top = column * (WIDTH + GAP), row * (HEIGHT + GAP)
    colour = theme.VERMILION if marked else theme.GREY if box.standing_by else theme.BLUE
    strength = 0.06 + 0.22 * (box.minutes / most if most > 0.0 else 0.0)
    if box.paths > 1:
        _rectangle(figure, left + 0.035, top - 0.07, theme.GREY, theme.PAPER)
    _rectangle(figure, left, top, colour, theme.PAPER)
    _rectangle(figure, left, top, colour, theme.faint(colour, strength), 2.5 if marked else 1.2)
    lines = textwrap.wrap(box.name[:1].upper() + box.name[1:], NARROW_LETTERS if narrow else LETTERS)
    name = "<br>".join(f"<b>{theme.escaped(line)}</b>" for line in lines)
    lost = "stands by" if box.standing_by else f"{digits(box.minutes, 2)} min a year"
    units = "<br>".join(textwrap.wrap(box.units, NARROW_LETTERS if narrow else LETTERS + 3))
    text = [name, units, box.available, f"<b>{lost}</b>" if marked else lost]
    figure.add_annotation(
        x=left + WIDTH / 2, y=top + HEIGHT / 2, text="<br>".join(text), font={"size": 11.5, "color": theme.INK}
    )


def _rectangle(figure: go.Figure, left: float, top: float, line: str, fill: str, width: float = 1.2) -> None:
    figure.add_shape(
        type="rect", x0=left, x1=left + WIDTH, y0=top, y1=top + HEIGHT,
        line={"color": line, "width": width}, fillcolor=fill,
    )  # fmt: skip


def _lines(figure: go.Figure, places: Places) -> None:
    """From each box to the next in its row, and from what stands by up to where it carries on."""
    pen = {"color": theme.MUTED, "width": 1.5}
    for column, row in places:
        right, middle = column * (WIDTH + GAP) + WIDTH, row * (HEIGHT + GAP) + HEIGHT / 2
        if (column + 1.0, row) in places:
            figure.add_shape(type="line", x0=right, x1=right + GAP, y0=middle, y1=middle, line=pen)
    last = max((column for (column, row), box in places.items() if box.standing_by), default=None)
    supply = max(column for (column, row), box in places.items() if box.side == "supply")
    if last is None:
        return
    ends = last * (WIDTH + GAP) + WIDTH, HEIGHT + GAP + HEIGHT / 2
    joint = max(supply, last) * (WIDTH + GAP) + WIDTH + GAP / 2
    figure.add_shape(type="line", x0=ends[0], x1=joint, y0=ends[1], y1=ends[1], line=pen)
    figure.add_shape(type="line", x0=joint, x1=joint, y0=ends[1], y1=HEIGHT / 2, line=pen)


def diagram_finding(found: list[Box], down_share: float) -> str:
    """How much time servers lose, and to what most."""
    text = f"Servers are without power or cool air for {_minutes(down_share * MINUTES_PER_YEAR)} a year on average"
    least, whole = weakest(found), sum(box.minutes for box in found)
    if whole <= 0.0:
        return text
    return f"{text}; the weakest part: {least.name}, {percent(least.minutes / whole)} of it"


def _minutes(minutes: float) -> str:
    return f"{digits(minutes / 60.0, 2)} h" if minutes >= 120.0 else f"{digits(minutes, 2)} min"


def years_figure(years: pd.DataFrame, whole: pd.DataFrame) -> go.Figure | None:
    """Down time of the simulated years, from the worst to the best; None if none had any."""
    means = years.groupby("level")[["down_s", "credit_usd"]].mean().reset_index()
    worse = means[(means["down_s"] > 0.0) & (means["level"] < 1.0)]
    if worse.empty:
        return None
    figure = go.Figure(
        go.Scatter(
            x=100.0 * (1.0 - worse["level"]),
            y=worse["down_s"] / HOUR_S,
            mode="lines+markers",
            line={"color": theme.VERMILION, "width": 2},
            hovertemplate="%{x:.3~g} % of the years are worse than %{y:.3~g} h<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="Share of years that are worse [%]", type="log", dtick=1)
    figure.update_yaxes(title_text="Down time of a year [h]", type="log", dtick="D2")
    quiet, bad_s = float(whole["quiet_years"].mean()), float(whole["down_p99_s"].mean())
    theme.titled(
        figure,
        f"{percent(quiet)} of the years pass without an outage; one in a hundred loses more than {span(round(bad_s))}",
        "Simulated years of the block diagram, mean over the replications: how much down time a year has, and how many "
        "years are worse. Both axes are logarithmic.",
        340,
    )
    return figure
