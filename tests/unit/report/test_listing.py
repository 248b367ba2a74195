from __future__ import annotations

from pathlib import Path

import tiny
from dcplan.report.listing import lines


def test_a_site_tells_country_zone_kind_altitude_and_design_temperatures() -> None:
    sites = {line.split()[0]: line for line in lines("sites")}
    assert sites["place"].split()[:5] == ["place", "country", "zone", "weather", "altitude"]
    sterling = ("United States", "4A", "typical year", "82 m", "33.9 degC", "25.0 degC")
    assert all(text in sites["sterling-va"] for text in sterling)
    assert all(text in sites["singapore"] for text in ("Singapore", "0A", "synthetic", "16 m"))


def test_a_place_that_cannot_be_read_is_listed_with_its_fault(tmp_path: Path) -> None:
    tiny.write_weather(tmp_path / "weather" / "nowhere", tz="Mars/Olympus")
    found = next(line for line in lines("sites", tmp_path) if line.startswith("nowhere"))
    assert "'Mars/Olympus' is no time zone" in found
