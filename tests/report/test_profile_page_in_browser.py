"""The page of a measured profile in a real browser: all is drawn, nothing overflows, is fetched, or complains."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import measured
from dcplan.report.profile.page import write_profile_page

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
FIGURES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(div => {
    const svg = div.querySelector('svg.main-svg').getBoundingClientRect();
    const letters = [...div.querySelectorAll('svg text')].map(text => text.textContent).join('').length;
    return {width: svg.width, height: svg.height, right: svg.right, letters: letters,
            points: div.querySelectorAll('path.point').length};
})"""
CLIPPED = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(div => {
    const edge = div.querySelector('svg.main-svg').getBoundingClientRect();
    return [...div.querySelectorAll('svg text')].filter(text => {
        const box = text.getBoundingClientRect();
        return box.width > 0 && (box.left < edge.left - 2 || box.right > edge.right + 2);
    }).map(text => text.textContent);
})"""
WIDER = """() => [...document.querySelectorAll('main > section > table')].filter(
    table => table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 2
).map(table => table.className)"""


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

    def open_page(size: tuple[int, int], **settings: Any) -> Opened:
        folder = measured.write_profile(tmp_path / "compute" / "abacus" / "net", **settings)
        tab = browser.new_page()
        pages.append(tab)
        seen = Opened(tab)
        tab.on("request", lambda request: seen.requests.append(request.url))
        tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        tab.on("console", lambda said: seen.complaints.append(f"{said.type}: {said.text}"))
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        tab.goto(write_profile_page(folder, tmp_path).as_uri())
        tab.wait_for_function(DRAWN)
        return seen

    yield open_page
    for tab in pages:
        tab.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    ("settings", "figures"),
    [
        ({}, 9),
        ({"source": "rapl", "accuracy": True, "variants": ({}, {"precision": "int8"}, {"streams": 4})}, 10),
        (
            {
                "tasks": {"prefill": (1, 2, 4), "decode": (1, 4, 16), "train": (1,)},
                "axes": {"prefill": [(32, 0), (128, 0), (512, 0)], "decode": [(0, 128), (0, 1023)]},
                "source": "model",
                "variants": ({}, {"threads": 1}),
            },
            11,
        ),
    ],
    ids=["plain", "metered", "tokens"],
)
def test_every_figure_is_drawn_and_nothing_overflows(
    opened: Callable[..., Opened], settings: dict[str, Any], figures: int, size: tuple[int, int]
) -> None:
    seen = opened(size, **settings)
    found = seen.page.evaluate(FIGURES)
    assert len(found) == seen.page.locator("figure").count() == figures
    for figure in found:
        assert figure["height"] > 200
        assert 200 < figure["width"] <= size[0]
        assert figure["right"] <= size[0]
        assert figure["points"] >= 1
        assert figure["letters"] > 10
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert seen.page.evaluate(CLIPPED) == []
    assert seen.page.evaluate(WIDER) == []
    assert seen.complaints == []
    assert [url.partition("://")[0] for url in seen.requests] == ["file"]


def test_a_script_in_a_name_is_shown_as_text(opened: Callable[..., Opened]) -> None:
    seen = opened(WIDE, workload=NASTY, description=NASTY, sample=NASTY, variants=({}, {"precision": "<b>%{x}</b>"}))
    assert seen.page.locator("h1").inner_text() == f"{NASTY} on abacus"
    assert seen.complaints == []
    labels = seen.page.evaluate("() => [...document.querySelectorAll('figure svg text')].map(t => t.textContent)")
    assert any("<b>%{x}</b>" in label for label in labels)
    assert not any("&lt;" in label or "&#37;" in label for label in labels)


def test_it_prints(opened: Callable[..., Opened]) -> None:
    seen = opened(WIDE)
    assert seen.page.pdf(format="A4").startswith(b"%PDF")
    assert seen.complaints == []
