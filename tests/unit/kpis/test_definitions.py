from __future__ import annotations

import numpy as np
import pytest

from dcplan.kpis.definitions import (
    OF_A_CLASS,
    OF_A_POOL,
    OF_ENDPOINTS,
    OF_QUEUES,
    OF_SITES,
    PIPELINE,
    Kpi,
    bounds_of,
    listed,
    unit_of,
)

ENDINGS = {
    "_s": "s",
    "_kwh": "kWh",
    "_kw": "kW",
    "_usd": "USD",
    "_kg": "kg",
    "_rps": "1/s",
    "_m3": "m3",
    "_l": "L",
    "_l_per_kwh": "L/kWh",
    "_kg_per_kwh": "kg/kWh",
    "_usd_per_1k_requests": "USD",
    "_j_per_request": "J",
    "_per_s": "1/s",
}


@pytest.mark.parametrize("kpi", [*OF_SITES, *OF_ENDPOINTS, *OF_QUEUES], ids=lambda kpi: kpi.name)
def test_a_kpi_has_a_unit_and_a_meaning_and_a_name_that_ends_in_the_unit(kpi: Kpi) -> None:
    assert kpi.unit
    assert kpi.meaning
    ending = max((end for end in ENDINGS if kpi.name.endswith(end)), key=len, default=None)
    if ending is not None:
        assert kpi.unit == ENDINGS[ending]


@pytest.mark.parametrize("kpis", [OF_SITES, OF_ENDPOINTS, OF_QUEUES])
def test_no_kpi_is_defined_twice(kpis: tuple[Kpi, ...]) -> None:
    assert len({kpi.name for kpi in kpis}) == len(kpis)


def test_every_kpi_is_listed_with_a_place_for_names() -> None:
    names = [kpi.name for kpi in listed()]
    assert len(names) == sum(map(len, (OF_SITES, OF_ENDPOINTS, OF_A_CLASS, OF_A_POOL, PIPELINE, OF_QUEUES)))
    assert "pue" in names
    assert "endpoints.<name>.latency_p99_s" in names
    assert "training.<name>.goodput" in names


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("pue", "-"),
        ("stranded_ups_kw", "kW"),
        ("generator_fuel_l", "L"),
        ("carbon_kg", "kg"),
        ("endpoints.vision.latency_p99_s", "s"),
        ("endpoints.training.requests", "requests"),
        ("endpoints.vision.timed_out", "attempts"),
        ("endpoints.vision.classes.gold.latency_p99_s", "s"),
        ("training.nightly.jobs", "jobs"),
        ("training.endpoints.wait_mean_s", "s"),
    ],
)
def test_the_unit_of_a_kpi_is_found_by_its_full_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("pue", (1.0, np.inf)),
        ("load_factor", (0.0, 1.0)),
        ("endpoints.web.slo_attainment", (0.0, 1.0)),
        ("endpoints.web.latency_p99_s", (0.0, np.inf)),
        ("dispatch_saving_usd", (-np.inf, np.inf)),
        ("irr_against_cloud", (-np.inf, np.inf)),
    ],
)
def test_a_kpi_is_within_what_it_can_be(name: str, bounds: tuple[float, float]) -> None:
    assert bounds_of(name) == bounds
