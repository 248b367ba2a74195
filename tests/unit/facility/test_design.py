from __future__ import annotations

from dataclasses import replace

import pytest

from dcplan.facility.design import FacilityDesign


def test_water_warmer_than_the_air_is_refused(building: FacilityDesign) -> None:
    warm = replace(building.chilled_water, supply_c=24.0)
    with pytest.raises(ValueError, match="chilled water of 24 degC cannot make supply air of 24 degC"):
        replace(building, chilled_water=warm)


def test_an_economiser_that_freezes_is_refused(building: FacilityDesign) -> None:
    cold = replace(building.chilled_water, supply_c=4.0)
    with pytest.raises(ValueError, match="freezes"):
        replace(building, chilled_water=cold)
    without = replace(building.rejection, economiser=None)
    assert replace(building, chilled_water=cold, rejection=without).chilled_water.supply_c == 4.0
