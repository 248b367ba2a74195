"""The table of assumptions."""

from __future__ import annotations

from typing import Any

from dcplan.report.assumptions import assumptions_html, linked
from dcplan.results.store import frame


def row(**changes: Any) -> dict[str, Any]:
    plain = {"part": "site", "name": "n", "value": "1 W", "kind": "measured", "verified": True, "source": "s"}
    return plain | changes


def test_parts_are_grouped_in_the_order_they_come() -> None:
    table = frame("assumptions", [row(part="site"), row(part="fleet"), row(part="site", name="m")])
    text = assumptions_html(table)
    assert text.count("scope='rowgroup'") == 2
    assert text.index(">Site<") < text.index(">m<") < text.index(">Fleet<")


def test_unread_sources_are_counted_and_marked() -> None:
    text = assumptions_html(frame("assumptions", [row(), row(verified=False)]))
    assert "1 of 2 assumptions rest on a source that nobody has read yet" in text
    assert text.count("source not read yet") == 1


def test_a_kind_is_a_badge_and_an_unknown_kind_still_text() -> None:
    text = assumptions_html(frame("assumptions", [row(kind="<i>")]))
    assert "<span class='badge other'>&lt;i&gt;</span>" in text


def test_an_address_in_quotes_ends_at_the_quote() -> None:
    assert linked('"https://x.org/a"') == "&quot;<a href='https://x.org/a' rel='noreferrer'>https://x.org/a</a>&quot;"
    assert linked("javascript:alert(1)") == "javascript:alert(1)"
