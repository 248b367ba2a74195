"""The building as designed: every number that `simulate` needs, none of them guessed."""

from __future__ import annotations

from dataclasses import dataclass

from dcplan.facility.chain import PowerDesign
from dcplan.facility.domain import require
from dcplan.facility.pump import PumpDesign
from dcplan.facility.rejection import RejectionDesign
from dcplan.facility.room import RoomDesign


@dataclass(frozen=True)
class ChilledWaterDesign:
    """The loop between the room units and the plant."""

    supply_c: float
    """Water supplied to the room units [degC]."""
    rise_k: float
    """Temperature rise at all loads above the pumps' lowest flow [K]."""
    pump: PumpDesign

    def __post_init__(self) -> None:
        require("chilled water supply_c", self.supply_c, 4.0, 35.0)
        require("chilled water rise_k", self.rise_k, 2.0, 20.0)


@dataclass(frozen=True)
class FacilityDesign:
    """One building with an air-cooled room, a chilled-water plant and a cooling tower."""

    power: PowerDesign
    room: RoomDesign
    chilled_water: ChilledWaterDesign
    rejection: RejectionDesign
    lighting_w: float
    """Lighting and small building loads [W], constant; its heat stays in the room."""

    def __post_init__(self) -> None:
        require("lighting_w", self.lighting_w, 0.0, 1e9)
        self._check_temperatures()

    def _check_temperatures(self) -> None:
        warmest_c = self.room.supply_c - 1.0
        if self.chilled_water.supply_c > warmest_c:
            raise ValueError(
                f"chilled water of {self.chilled_water.supply_c:g} degC cannot make supply air of "
                f"{self.room.supply_c:g} degC; it must be at most {warmest_c:g} degC"
            )
        economiser = self.rejection.economiser
        if economiser is not None and self.chilled_water.supply_c - economiser.approach_k < 2.0:
            raise ValueError(
                f"chilled water of {self.chilled_water.supply_c:g} degC behind an economiser with "
                f"{economiser.approach_k:g} K approach needs tower water below 2 degC, which freezes"
            )
