"""The common look."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dcplan.report import theme


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1, 1..21)."""
    light = []
    for colour in (one, other):
        parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_colours_that_carry_text_can_be_read() -> None:
    for colour in (theme.INK, theme.MUTED, theme.VERMILION, theme.MEDIAN, theme.P95, theme.P99):
        assert contrast(colour, theme.PAPER) >= 4.5


def test_tags_entities_and_templates_are_text() -> None:
    assert theme.escaped("<b>&amp;'%{y}") == "&lt;b&gt;&amp;amp;&#x27;&#37;{y}"
    assert theme.escaped("5 % of it") == "5 % of it"


def test_a_figure_carries_its_finding_and_caption_as_plain_text() -> None:
    figure = theme.titled(go.Figure(), "a < b", "read it", 300)
    assert figure.layout.title.text == "a &lt; b"
    assert (theme.finding(figure), theme.caption(figure)) == ("a < b", "read it")
    assert figure.layout.template.layout.paper_bgcolor == theme.PAPER
