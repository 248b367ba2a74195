"""The table of everything a run rests on, with its source, and a mark where nobody has read it."""

from __future__ import annotations

import html
import re
from collections.abc import Hashable
from typing import Any

import pandas as pd

KINDS = {
    "measured": "measured by running it",
    "datasheet": "from a maker's data sheet",
    "literature": "from a publication",
    "synthetic": "made up to be plausible",
    "scenario": "written in the scenario",
    "model": "computed by dcplan",
}
"""What each badge means."""

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)]")


def assumptions_html(assumptions: pd.DataFrame) -> str:
    """The table as HTML; every text in it is escaped."""
    if assumptions.empty:
        return "<p>This run rests on no assumption but its scenario.</p>"
    unread = int((~assumptions["verified"]).sum())
    read = (
        f"{unread} of {len(assumptions)} assumptions rest on a source that nobody has read yet; they are marked."
        if unread
        else f"Somebody has read the source of each of the {len(assumptions)} assumptions."
    )
    legend = " ".join(f"{badge(kind)} {meaning};" for kind, meaning in KINDS.items())
    bodies = "\n".join(_part(str(part), rows) for part, rows in assumptions.groupby("part", sort=False))
    return (
        f"<p>{read}</p>\n<p class='legend'>{legend.rstrip(';')}.</p>\n"
        "<table class='stacking assumptions'>\n<thead><tr><th scope='col'>What</th>"
        "<th scope='col'>Value</th><th scope='col'>Kind</th><th scope='col'>Source</th></tr></thead>\n"
        f"{bodies}\n</table>"
    )


def badge(kind: str) -> str:
    """A kind as a small label."""
    known = kind if kind in KINDS else "other"
    return f"<span class='badge {known}'>{html.escape(kind)}</span>"


def _part(part: str, rows: pd.DataFrame) -> str:
    """All assumptions that one part of the scenario rests on."""
    title = html.escape(part[:1].upper() + part[1:])
    lines = "\n".join(_row(row) for row in rows.to_dict("records"))
    return f"<tbody>\n<tr class='group'><th colspan='4' scope='rowgroup'>{title}</th></tr>\n{lines}\n</tbody>"


def _row(row: dict[Hashable, Any]) -> str:
    unread = "" if row["verified"] else " <span class='badge unread'>source not read yet</span>"
    return (
        f"<tr><td data-label='What'>{html.escape(str(row['name']))}</td>"
        f"<td data-label='Value'>{html.escape(str(row['value']))}</td>"
        f"<td data-label='Kind'><div>{badge(str(row['kind']))}{unread}</div></td>"
        f"<td data-label='Source'><div>{linked(str(row['source']))}</div></td></tr>"
    )


def linked(text: str) -> str:
    """Escaped text with its web addresses made links; nothing is loaded until a reader follows one.

    >>> linked("<b>, https://example.org/a.")
    "&lt;b&gt;, <a href='https://example.org/a' rel='noreferrer'>https://example.org/a</a>."
    """
    pieces, end = [], 0
    for found in LINK.finditer(text):
        address = html.escape(found[0])
        pieces += [html.escape(text[end : found.start()]), f"<a href='{address}' rel='noreferrer'>{address}</a>"]
        end = found.end()
    return "".join([*pieces, html.escape(text[end:])])
