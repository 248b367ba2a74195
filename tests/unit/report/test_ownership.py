from __future__ import annotations

import re

import pytest

from dcplan.economics import items
from dcplan.report.ownership import ownership_html
from dcplan.results.store import frame

ROWS = (
    (items.BUILD, "electricity: energy", 10.4),
    (items.BUILD, "electricity: fixed fee", 10.0),
    (items.BUILD, items.SERVERS, 1000.4),
    (items.BUILD, items.STAFF, 7.4),
    (items.CLOUD, items.CLOUD_RENT, 2500.6),
)


def test_the_sum_of_a_column_is_the_sum_of_its_lines() -> None:
    rows = [
        {"replication": replication, "way": way, "item": item, "usd_per_year": usd, "used_usd_per_year": 0.0}
        for replication in (0, 1)
        for way, item, usd in ROWS
    ]
    page = ownership_html(frame("ownership", rows))
    cells = [re.findall(r"<td class='number'>([^<]*)</td>", row) for row in page.split("<tr>")[2:]]
    build = [float(own.replace(",", "")) for own, _ in cells if own != "&ndash;"]
    assert build[-1] == sum(build[:-1]) == pytest.approx(1028.2, abs=0.5)
    assert [cloud for _, cloud in cells if cloud != "&ndash;"] == ["2,501", "2,501"]
    assert page.index("Servers") < page.index("Staff") < page.index("Electricity")
