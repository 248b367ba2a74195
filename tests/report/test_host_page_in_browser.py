"""The page of a verification in a real browser: drawn, nothing overflows, nothing is fetched, nothing complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsing import NARROW, WIDE, Opened
from dcplan.report.host.page import write_host_page
from made_up_host import busy, quiet, written

FIGURES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(div => {
    const edge = div.querySelector('svg.main-svg').getBoundingClientRect();
    const texts = [...div.querySelectorAll('svg text')].filter(text => text.getBoundingClientRect().width > 0);
    const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
    const legend = div.querySelector('.legend').getBoundingClientRect();
    const headings = [...div.querySelectorAll('.annotation')].map(one => one.getBoundingClientRect());
    return {width: edge.width, right: edge.right, marks: div.querySelectorAll('.point, .js-line').length,
            clipped: boxes.filter(([_, box]) => box.left < edge.left - 2 || box.right > edge.right + 2).map(b => b[0]),
            covered: headings.filter(box => box.top < legend.bottom - 2).length};
})"""


@pytest.fixture
def opened(open_path: Callable[[Path, tuple[int, int]], Opened], tmp_path: Path) -> Callable[..., Opened]:
    return lambda document, size: open_path(write_host_page(written(document, tmp_path)), size)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("document", [quiet(), busy(), busy(2)], ids=["quiet", "once", "contended"])
def test_every_figure_is_drawn_and_nothing_overflows(
    opened: Callable[..., Opened], document: dict[str, Any], size: tuple[int, int]
) -> None:
    seen = opened(document, size)
    figures = seen.page.evaluate(FIGURES)
    assert len(figures) == seen.page.locator("figure").count() == 4
    for figure in figures:
        assert 200 < figure["width"] <= size[0]
        assert figure["right"] <= size[0]
        assert figure["marks"] >= len(document["cases"])
        assert figure["clipped"] == []
        assert figure["covered"] == 0
    seen.page.evaluate("() => document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert seen.complaints == []
    assert [url.partition("://")[0] for url in seen.requests] == ["file"]


def test_figures_are_drawn_anew_when_the_window_becomes_narrow(opened: Callable[..., Opened]) -> None:
    seen = opened(quiet(), WIDE)
    chart = seen.page.locator(".chart").first
    before = chart.bounding_box()
    seen.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    seen.page.wait_for_function("() => document.querySelectorAll('.chart')[0].offsetHeight > 700")
    after = chart.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > before["height"]
    assert seen.complaints == []


def test_it_prints(opened: Callable[..., Opened]) -> None:
    seen = opened(busy(), WIDE)
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
    assert seen.complaints == []
