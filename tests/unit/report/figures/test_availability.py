"""The block diagram and the years: what is drawn, and what is said of it."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.report import theme
from dcplan.report.figures.availability import block_diagram, boxes, weakest, years_figure
from dcplan.report.tiers import tiers_html
from dcplan.results.store import frame

ROWS = (
    ("supply", "utility", 1, 1, 1, 3e-4, 0.5),
    ("standby", "generators", 1, 2, 1, 1e-3, 0.0),
    ("path", "UPS modules", 2, 3, 2, 3e-6, 1.5),
    ("cooling", "chillers", 1, 2, 1, 5e-5, 8.0),
    ("server", "power supplies", 1, 2, 1, 1e-6, 0.7),
)
NAMES = ("side", "block", "needed", "installed", "paths", "own_share", "minutes_per_year")


def blocks(factors: tuple[float, ...] = (0.5, 1.5)) -> pd.DataFrame:
    rows = []
    for replication, factor in enumerate(factors):
        for row in ROWS:
            named = dict(zip(NAMES, row, strict=True)) | {"replication": replication, "failures_per_year": 0.1}
            rows.append(named | {"minutes_per_year": factor * float(row[-1])})
    return frame("availability_blocks", rows)


def whole(down_share: float = 2e-5) -> pd.DataFrame:
    names = ("failures_per_year", "requests_per_year", "gpu_hours_per_year", "simulated_share", "credit_usd")
    row = dict.fromkeys((*names, "credit_p99_usd"), 0.0) | {"quiet_years": 0.9, "down_p99_s": 7200.0}
    return frame("availability", [row | {"replication": 0, "down_share": down_share}])


def years(*down_s: float) -> pd.DataFrame:
    levels = [place / (len(down_s) - 1) for place in range(len(down_s))]
    rows = [{"level": level, "down_s": s, "credit_usd": 0.0} for level, s in zip(levels, down_s, strict=True)]
    return frame("availability_years", [row | {"replication": 0} for row in rows])


def test_a_box_is_the_mean_of_the_replications() -> None:
    found = boxes(blocks())
    assert [box.name for box in found] == [row[1] for row in ROWS]
    assert [box.minutes for box in found] == pytest.approx([0.5, 0.0, 1.5, 8.0, 0.7])
    assert found[2].units == "2 of 3 needed, in each of 2 paths"
    assert weakest(found).name == "chillers"


@pytest.mark.parametrize("narrow", [False, True])
def test_the_weakest_is_marked_and_named(narrow: bool) -> None:
    figure = block_diagram(blocks(), whole(), narrow=narrow)
    marked = [shape for shape in figure.layout.shapes if shape.type == "rect" and shape.line.width == 2.5]
    assert len(marked) == 1
    assert theme.finding(figure) == (
        "Servers are without power or cool air for 11 min a year on average; the weakest part: chillers, 75 % of it"
    )
    texts = [note.text for note in figure.layout.annotations]
    assert any("stands by" in text and "Generators" in text for text in texts)
    assert any("<b>8.0 min a year</b>" in text for text in texts)


def test_a_second_path_is_drawn_behind_the_first() -> None:
    single = blocks().assign(paths=1)
    rectangles = [
        sum(shape.type == "rect" for shape in block_diagram(table, whole()).layout.shapes)
        for table in (single, blocks())
    ]
    assert rectangles[1] == rectangles[0] + 1


def test_where_nothing_fails_nothing_is_weakest() -> None:
    figure = block_diagram(blocks((0.0,)), whole(0.0))
    assert theme.finding(figure) == "Servers are without power or cool air for 0 min a year on average"
    assert not [shape for shape in figure.layout.shapes if shape.line.width == 2.5]


def test_years_are_told_from_the_worst() -> None:
    figure = years_figure(years(0.0, 0.0, 3600.0, 7200.0, 9000.0), whole())
    assert figure is not None
    assert list(figure.data[0].y) == [1.0, 2.0]
    assert list(figure.data[0].x) == [50.0, 25.0]
    assert theme.finding(figure).startswith("90 % of the years pass without an outage; one in a hundred")
    assert years_figure(years(0.0, 0.0), whole()) is None


def test_tiers_tell_what_is_missing() -> None:
    rows = [("Uptime Tier", 1, True, ""), ("Uptime Tier", 2, False, "no spare <b>"), ("EN 50600-2-3", 1, True, "")]
    names = ("standard", "level", "met", "lacking")
    table = frame("tiers", [dict(zip(names, row, strict=True)) | {"replication": 0} for row in rows])
    text = tiers_html(table)
    assert "No spare &lt;b&gt;" in text
    assert text.count("once 99.") == 2
    assert text.count(">yes<") == 2
    assert "historic reference only" in text
