"""The table of everything a run rests on, with its source, and a mark where nobody has read it."""

from __future__ import annotations

import html
import re

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
    rows = "\n".join(_row(row) for row in assumptions.to_dict("records"))
    return (
        f"<p>{read}</p>\n<p class='legend'>{legend.rstrip(';')}.</p>\n"
        "<table class='stacking assumptions'>\n<thead><tr><th scope='col'>Part</th><th scope='col'>What</th>"
        "<th scope='col'>Value</th><th scope='col'>Kind</th><th scope='col'>Source</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>"
    )


def badge(kind: str) -> str:
    """A kind as a small label."""
    known = kind if kind in KINDS else "other"
    return f"<span class='badge {known}'>{html.escape(kind)}</span>"


def _row(row: dict[str, object]) -> str:
    unread = "" if row["verified"] else " <span class='badge unread'>source not read yet</span>"
    return (
        f"<tr><td data-label='Part'>{html.escape(str(row['part']))}</td>"
        f"<td data-label='What'>{html.escape(str(row['name']))}</td>"
        f"<td data-label='Value'>{html.escape(str(row['value']))}</td>"
        f"<td data-label='Kind'>{badge(str(row['kind']))}{unread}</td>"
        f"<td data-label='Source'>{_linked(html.escape(str(row['source'])))}</td></tr>"
    )


def _linked(escaped: str) -> str:
    """Escaped text with its web addresses made links; nothing is loaded until a reader follows one."""
    return LINK.sub(lambda found: f"<a href='{found[0]}' rel='noreferrer'>{found[0]}</a>", escaped)
