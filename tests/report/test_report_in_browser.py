"""The page in a real browser: every figure is drawn, nothing overflows, nothing is fetched, nothing complains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dcplan.report import page
from dcplan.results.store import Run

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

NASTY = "<script>alert(1)</script>"
WIDE, NARROW = (1400, 900), (390, 844)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DRAWN = "() => [...document.querySelectorAll('.chart')].every(div => div.classList.contains('js-plotly-plot'))"


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

    def figures(self) -> list[dict[str, Any]]:
        """Size of each drawing, and how many shapes and letters it holds."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => [...document.querySelectorAll('.js-plotly-plot')].map(div => {
                const svg = div.querySelector('svg.main-svg').getBoundingClientRect();
                return {width: svg.width, height: svg.height, right: svg.right,
                        shapes: div.querySelectorAll('svg path, svg rect').length,
                        letters: [...div.querySelectorAll('svg text')].map(text => text.textContent).join('').length};
            })"""
        )
        return found

    def clipped(self) -> list[str]:
        """Labels in the drawings that reach over the edge of their drawing."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(div => {
                const edge = div.querySelector('svg.main-svg').getBoundingClientRect();
                return [...div.querySelectorAll('svg text')].filter(text => {
                    const box = text.getBoundingClientRect();
                    return box.width > 0 && (box.left < edge.left - 2 || box.right > edge.right + 2);
                }).map(text => text.textContent);
            })"""
        )
        return found


@pytest.fixture
def opened(browser: BrowserContext, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    pages: list[Page] = []

    def open_page(run: Run, size: tuple[int, int]) -> Opened:
        tab = browser.new_page()
        pages.append(tab)
        seen = Opened(tab)
        tab.on("request", lambda request: seen.requests.append(request.url))
        tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        tab.on("console", lambda said: seen.complaints.append(f"{said.type}: {said.text}"))
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        tab.goto(page.write(run, tmp_path).as_uri())
        tab.wait_for_function(DRAWN)
        return seen

    yield open_page
    for tab in pages:
        tab.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    "settings",
    [
        {"endpoints": ("chat", "vision", "a-name-that-is-too-long-for-any-label-that-one-would-want-to-read")},
        {"site": False, "replications": 1},
        {"site": False, "servers": False, "queues": (), "idle": ("vision",)},
    ],
    ids=["whole", "servers-only", "theory"],
)
def test_every_figure_is_drawn_and_nothing_overflows(
    make_run: Callable[..., Run],
    opened: Callable[..., Opened],
    settings: dict[str, Any],
    size: tuple[int, int],
) -> None:
    seen = opened(make_run(**settings), size)
    figures = seen.figures()
    assert len(figures) == seen.page.locator("figure").count() >= 1
    for figure in figures:
        assert figure["height"] > 200
        assert 200 < figure["width"] <= size[0]
        assert figure["right"] <= size[0]
        assert figure["shapes"] > 5
        assert figure["letters"] > 10
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert seen.clipped() == []
    assert seen.complaints == []
    assert [url.partition("://")[0] for url in seen.requests] == ["file"]


def test_a_script_in_a_name_is_shown_as_text(make_run: Callable[..., Run], opened: Callable[..., Opened]) -> None:
    seen = opened(make_run(NASTY, endpoints=(NASTY, "<b>%{x}</b>"), queues=(NASTY,), question=NASTY), WIDE)
    assert seen.page.locator("h1").inner_text() == NASTY
    assert seen.page.title().startswith(NASTY)
    assert seen.complaints == []
    labels = seen.page.evaluate("() => [...document.querySelectorAll('figure svg text')].map(t => t.textContent)")
    assert any("<b>%{x}</b>" in label for label in labels)
    assert not any("&lt;" in label or "&#37;" in label for label in labels)


def test_the_sankey_becomes_bars_when_the_window_becomes_narrow(
    make_run: Callable[..., Run], opened: Callable[..., Opened]
) -> None:
    seen = opened(make_run(), WIDE)
    chart = seen.page.locator(".chart").first
    assert chart.locator(".sankey").count() == 1
    assert "Read from left to right" in seen.page.locator("figcaption").first.inner_text()
    seen.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    seen.page.wait_for_function("() => document.querySelectorAll('.chart')[0].querySelectorAll('.bars').length > 0")
    assert chart.locator(".sankey-link").count() == 0
    assert "Each bar is energy" in seen.page.locator("figcaption").first.inner_text()
    assert seen.complaints == []


def test_it_prints(make_run: Callable[..., Run], opened: Callable[..., Opened]) -> None:
    seen = opened(make_run(), WIDE)
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
    assert seen.complaints == []
