from __future__ import annotations

import numpy as np
import psychrolib
import pytest

from dcplan.facility.fluids import air_density_kg_m3, latent_heat_j_kg


def test_dry_air_density_agrees_with_psychrolib() -> None:
    psychrolib.SetUnitSystem(psychrolib.SI)
    for pressure_pa in (101325.0, 83400.0):
        expected = psychrolib.GetDryAirDensity(24.0, pressure_pa)
        assert air_density_kg_m3(np.array(pressure_pa), 24.0) == pytest.approx(expected, rel=1e-4)


def test_latent_heat_agrees_with_steam_tables() -> None:
    # IAPWS-95 saturation: 2500.9, 2453.5, 2406.0 kJ/kg at 0, 20, 40 degC
    assert latent_heat_j_kg(np.array([0.0, 20.0, 40.0])) == pytest.approx([2500.9e3, 2453.5e3, 2406.0e3], rel=1e-3)
