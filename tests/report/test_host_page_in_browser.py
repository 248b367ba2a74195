"""The page of a verification in a real browser: drawn, nothing overflows, nothing is fetched, nothing complains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dcplan.report.host.page import write_host_page
from made_up_host import busy, quiet, written

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

WIDE, NARROW = (1400, 900), (390, 844)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update"]
DRAWN = "() => [...document.querySelectorAll('.chart')].every(div => div.classList.contains('js-plotly-plot'))"
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


def missing(reason: str) -> None:
    """Skip on a machine without a browser; on the machine that decides, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    with sync_playwright() as playwright:
        profile = tmp_path_factory.mktemp("profile")
        context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=ARGUMENTS)
        yield context
        context.close()


@dataclass
class Opened:
    """A page that was opened, and what happened meanwhile."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def opened(browser: BrowserContext, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    pages: list[Page] = []

    def open_page(document: dict[str, Any], size: tuple[int, int]) -> Opened:
        tab = browser.new_page()
        pages.append(tab)
        seen = Opened(tab)
        tab.on("request", lambda request: seen.requests.append(request.url))
        tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        tab.on("console", lambda said: seen.complaints.append(f"{said.type}: {said.text}"))
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        tab.goto(write_host_page(written(document, tmp_path)).as_uri())
        tab.wait_for_function(DRAWN)
        return seen

    yield open_page
    for tab in pages:
        tab.close()


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
