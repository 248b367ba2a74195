"""A real browser for the tests of pages: found or missed, opened at a size, and what happened meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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


@contextmanager
def started(profile: Path) -> Iterator[BrowserContext]:
    """A browser that keeps what it keeps in the folder *profile*."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is on the PATH")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=ARGUMENTS)
        yield context
        context.close()


def missing(reason: str) -> None:
    """Skip on a machine without a browser; on the machine that decides, that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def opened(browser: BrowserContext, path: Path, size: tuple[int, int]) -> Opened:
    """The page at *path* in a tab of its own, all figures drawn."""
    tab = browser.new_page()
    seen = Opened(tab)
    tab.on("request", lambda request: seen.requests.append(request.url))
    tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
    tab.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda said: seen.complaints.append(f"{said.type}: {said.text}"))
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.goto(path.as_uri())
    tab.wait_for_function(DRAWN)
    return seen
