"""The page of a measured profile in a real browser: all is drawn, nothing overflows, is fetched, or complains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import measured
from browsing import NARROW, NASTY, WIDE, Opened
from dcplan.report.profile.page import write_profile_page

FIGURES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(div => {
    const svg = div.querySelector('svg.main-svg').getBoundingClientRect();
    const letters = [...div.querySelectorAll('svg text')].map(text => text.textContent).join('').length;
    return {width: svg.width, height: svg.height, right: svg.right, letters: letters,
            points: div.querySelectorAll('path.point').length};
})"""
WIDER = """() => [...document.querySelectorAll('main > section > table')].filter(
    table => table.getBoundingClientRect().right > table.parentElement.getBoundingClientRect().right + 2
).map(table => table.className)"""


@pytest.fixture
def opened(open_path: Callable[[Path, tuple[int, int]], Opened], tmp_path: Path) -> Callable[..., Opened]:
    def open_page(size: tuple[int, int], **settings: Any) -> Opened:
        folder = measured.write_profile(tmp_path / "compute" / "abacus" / "net", **settings)
        return open_path(write_profile_page(folder, tmp_path), size)

    return open_page


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
    assert seen.clipped() == []
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
