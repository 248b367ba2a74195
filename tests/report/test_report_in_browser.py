"""The page in a real browser: every figure is drawn, nothing overflows, nothing is fetched, nothing complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browsing import NARROW, NASTY, WIDE, Opened
from dcplan.report import page
from dcplan.results.store import Run


@pytest.fixture
def opened(open_path: Callable[[Path, tuple[int, int]], Opened], tmp_path: Path) -> Callable[..., Opened]:
    return lambda run, size: open_path(page.write(run, tmp_path), size)


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
