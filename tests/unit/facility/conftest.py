"""A one-megawatt building made of shipped profiles, and the profiles themselves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from dcplan.facility.chain import PowerDesign
from dcplan.facility.design import FacilityDesign
from dcplan.facility.distribution import PduDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.sizing import PlantCurves, size_facility
from dcplan.facility.transformer import TransformerDesign
from dcplan.facility.ups import UpsDesign
from dcplan.profiles.cooling import ChilledWaterDefaults, ChillerCurve, FanCurve, TowerCurve
from dcplan.profiles.library import Library
from dcplan.profiles.power import LossCurve, PsuCurve, TransformerCurve
from dcplan.signals.weather import Weather

PROFILES = Path(__file__).parents[3] / "profiles"


@pytest.fixture(scope="session")
def library() -> Library:
    return Library([PROFILES])


@pytest.fixture(scope="session")
def defaults(library: Library) -> ChilledWaterDefaults:
    return ChilledWaterDefaults.from_values(library.load("cooling", "chilled-water-defaults").values)


@pytest.fixture(scope="session")
def curves(library: Library) -> PlantCurves:
    return PlantCurves(
        chiller=ChillerCurve.from_values(library.load("cooling", "carrier-19xr-1143").values),
        tower=TowerCurve.from_values(library.load("cooling", "tower-yorkcalc").values),
        fan=FanCurve.from_values(library.load("cooling", "fan-vsd").values),
    )


@pytest.fixture(scope="session")
def power(library: Library) -> PowerDesign:
    return PowerDesign(
        psu=PsuDesign(PsuCurve.from_values(library.load("power", "psu-titanium").values), 2000.0, 1000),
        pdu=PduDesign(LossCurve.from_values(library.load("power", "pdu-busway").values), 1.0e6),
        ups=UpsDesign(LossCurve.from_values(library.load("power", "ups-double-conversion").values), 505e3, 2, "n+1"),
        transformer=TransformerDesign(
            TransformerCurve.from_values(library.load("power", "transformer-dry").values), 1.6e6
        ),
        utility_limit_w=math.inf,
    )


@pytest.fixture(scope="session")
def building(power: PowerDesign, curves: PlantCurves, defaults: ChilledWaterDefaults) -> FacilityDesign:
    return size_facility(1.0e6, power, curves, defaults, wet_bulb_design_c=25.5)


@pytest.fixture(scope="session")
def mild() -> Weather:
    return Weather(np.array(20.0), np.array(15.0), np.array(101325.0))
