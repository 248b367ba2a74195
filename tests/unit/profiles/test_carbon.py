from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.carbon import read_carbon
from dcplan.profiles.library import Profile, default_library


def profile(name: str, tmp_path: Path) -> Profile:
    return tiny.library(tiny.write_library(tmp_path)).load("carbon", name)


def test_a_profile_may_be_one_grid(tmp_path: Path) -> None:
    grid = read_carbon(profile("flat-grid", tmp_path), None)
    assert (grid.kg_per_kwh, grid.mix, grid.carbon_free, grid.water_l_per_kwh) == (0.25, {}, None, None)
    with pytest.raises(InputError, match="is one grid and has no regions"):
        read_carbon(profile("flat-grid", tmp_path), "DEU")


def test_a_region_has_a_mix(tmp_path: Path) -> None:
    grid = read_carbon(profile("lands", tmp_path), "WND")
    assert (grid.name, grid.year, grid.kg_per_kwh, grid.carbon_free) == ("Windland", 2023, 0.5, 0.5)
    assert (grid.mix, grid.water_l_per_kwh) == ({"coal": 0.5, "wind": 0.5}, 2.0)


@pytest.mark.parametrize(
    ("region", "remedy"),
    [
        ("Windlund", "did you mean 'WND' (Windland)?"),
        ("wnd", "did you mean 'WND' (Windland)?"),
        ("land", "did you mean 'WND' (Windland)"),
        ("xq", "it has WND (Windland)"),
    ],
)
def test_a_region_that_is_not_there_is_guessed(region: str, remedy: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no region") as error:
        read_carbon(profile("lands", tmp_path), region)
    assert remedy in str(error.value)


def test_regions_of_a_country_s_name_are_offered_first() -> None:
    countries = default_library().load("carbon", "countries-2023")
    with pytest.raises(InputError, match=r"no region 'GER'; did you mean 'DEU' \(Germany\) or 'NER' \(Niger\)"):
        read_carbon(countries, "GER")


def test_one_of_many_regions_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds many regions.*region: WND"):
        read_carbon(profile("lands", tmp_path), None)


def test_a_table_with_a_missing_figure_is_refused(tmp_path: Path) -> None:
    lands = profile("lands", tmp_path)
    (lands.path / "regions.csv").write_text("region,name,year,kg_per_kwh\nWND,Windland,2023,-1\n")
    with pytest.raises(InputError, match="negative or missing"):
        read_carbon(lands, "WND")


def test_shipped_countries_add_up_and_their_sources_tell_about_the_same() -> None:
    """The mix times what each source emits misses the published figure by a tenth, in the median of all countries."""
    countries = default_library().load("carbon", "countries-2023")
    names = [line.partition(",")[0] for line in (countries.path / "regions.csv").read_text().splitlines()[1:]]
    assert len(names) > 200
    misses = []
    for name in names:
        grid = read_carbon(countries, name)
        assert sum(grid.mix.values()) == pytest.approx(1.0, abs=1e-3)
        by_source = sum(share * grid.source_kg_per_kwh[source] for source, share in grid.mix.items())
        misses.append(abs(by_source / grid.kg_per_kwh - 1.0))
    assert sorted(misses)[len(misses) // 2] < 0.1


def test_shipped_states_are_those_of_the_usa() -> None:
    states = default_library().load("carbon", "us-states-2023")
    virginia = read_carbon(states, "VA")
    assert (virginia.name, virginia.mix) == ("Virginia", {})
    assert 0.2 < virginia.kg_per_kwh < 0.4
