"""Which tiers and availability classes the site meets, and what the others lack, as a table."""

from __future__ import annotations

import html

import pandas as pd

from dcplan.reliability.tiers import HISTORIC

NOTE = (
    "Rules are checked on what the scenario says of its topology; they are a hint, no certificate, and the standards' "
    "texts were not re-read. Compartments, staff and commissioning are not in a scenario. The percentages are those "
    "that Uptime Institute printed beside its tiers until 2009: a historic reference only, no result of this run."
)


def tiers_html(tiers: pd.DataFrame) -> str:
    """One row for each level of each standard, from the first replication."""
    own = tiers[tiers["replication"] == tiers["replication"].min()]
    rows = "\n".join(
        _level(str(standard), int(str(level)), part)
        for (standard, level), part in own.groupby(["standard", "level"], sort=False)
    )
    return (
        "<table class='tiers stacking'>\n<caption>Tiers and availability classes</caption>\n"
        "<thead><tr><th scope='col'>Standard</th><th scope='col'>Level</th><th scope='col'>Met</th>"
        "<th scope='col'>What is missing, beyond the levels below</th></tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n<p class='note'>{NOTE}</p>"
    )


def _level(standard: str, level: int, part: pd.DataFrame) -> str:
    lacking = [html.escape(text[:1].upper() + text[1:]) for text in part["lacking"] if text]
    historic = f" <small>(once {100.0 * HISTORIC[level]:.3f} %)</small>" if standard == "Uptime Tier" else ""
    met = bool(part["met"].all())
    return (
        f"<tr><td data-label='Standard'>{html.escape(standard)}</td>"
        f"<td data-label='Level'><span>{level}{historic}</span></td>"
        f"<td data-label='Met'>{'yes' if met else 'no'}</td>"
        f"<td data-label='Missing'>{'<br>'.join(lacking) or 'nothing that a scenario tells'}</td></tr>"
    )
