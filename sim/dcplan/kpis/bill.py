"""KPIs of a site with a contract or a demand charge, from the electricity bill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dcplan.scenario.scenario import Scenario


def bill_kpis(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, float]]:
    """What a contract delivers, as a share of what the site uses and of what is produced."""
    if scenario.site is None or scenario.site.supply.ppa is None:
        return
    kwh = tables["bill"].groupby("item")["quantity"].sum()
    used, surplus = (float(kwh.get(item, 0.0)) for item in ("PPA, used", "PPA, not used"))
    site = tables["site"]
    grid_w = site["grid_w"]
    drawn = float((grid_w * site["duration_s"]).sum()) / 3.6e6
    yield "ppa_matched_share", used / drawn if drawn > 0.0 else 0.0
    yield "ppa_used_share", used / (used + surplus) if used + surplus > 0.0 else 0.0
