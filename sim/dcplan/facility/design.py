"""The building as designed: every number that `simulate` needs, none of them guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from dcplan.facility.air_economiser import AirEconomiser
from dcplan.facility.ashrae import ALLOWABLE, RECOMMENDED, Envelope
from dcplan.facility.chain import PowerDesign
from dcplan.facility.domain import DesignError, require
from dcplan.facility.dx import DxDesign
from dcplan.facility.liquid import LiquidDesign
from dcplan.facility.loop import WaterLoopDesign
from dcplan.facility.rejection import RejectionDesign
from dcplan.facility.reuse import ReuseDesign
from dcplan.facility.room import RoomDesign
from dcplan.facility.tower import TowerDesign

COLDEST_TOWER_C = 2.0


@dataclass(frozen=True)
class FacilityDesign:
    """One building: a room of servers, and any combination of what may cool it.

    The room's heat goes to outdoor air as far as *air_economiser* takes it, and the rest into chilled water or into
    direct expansion; with none of the two the room takes what the weather gives. *liquid* takes its share of the
    servers' heat before it reaches the room.
    """

    power: PowerDesign
    room: RoomDesign
    chilled_water: WaterLoopDesign | None
    """None: no water cools the room's air."""
    rejection: RejectionDesign | None
    """The plant behind *chilled_water*."""
    lighting_w: float
    """Lighting and small building loads [W], constant; its heat stays in the room."""
    dx: DxDesign | None = None
    air_economiser: AirEconomiser | None = None
    liquid: LiquidDesign | None = None
    reuse: ReuseDesign | None = None
    """Who takes heat: out of the liquid-cooled servers' own loop, or else out of the chilled water."""
    dew_point_c: float = 10.0
    """Dew point that the room keeps while no outdoor air is in it [degC]; 10 degC is inside every envelope."""
    recommended: Envelope = RECOMMENDED
    allowable: Envelope = ALLOWABLE["A2"]

    def __post_init__(self) -> None:
        require("lighting_w", self.lighting_w, 0.0, 1e9)
        require("room dew_point_c", self.dew_point_c, -20.0, 24.0)
        self._check_parts()
        self._check_temperatures()

    @property
    def compressors(self) -> bool:
        """Whether water or direct expansion cools the room's air when outdoor air does not."""
        return self.chilled_water is not None or self.dx is not None

    def with_economisers(self, **changes: float) -> Self:
        """The same building with *changes* to the numbers of its economisers beside compressors."""
        air, plant = self.air_economiser, self.rejection
        if air is not None:
            air = replace(air, **changes)  # type: ignore[arg-type]  # both kinds have the same numbers of control
        if plant is not None and plant.economiser is not None and plant.chiller is not None:
            plant = replace(plant, economiser=replace(plant.economiser, **changes))  # type: ignore[arg-type]
        return replace(self, air_economiser=air, rejection=plant)

    def _check_parts(self) -> None:
        if (self.chilled_water is None) != (self.rejection is None):
            raise ValueError("chilled water and its plant come together")
        if self.chilled_water is not None and self.dx is not None:
            raise ValueError("a room is cooled by chilled water or by direct expansion, not by both")
        if not self.compressors and self.air_economiser is None:
            raise ValueError("nothing cools the room's air; it needs chilled water, direct expansion or outdoor air")
        if self.liquid is not None and self.liquid.loop is None and self.chilled_water is None:
            raise ValueError("liquid-cooled servers need facility water of their own where there is no chilled water")
        if self.reuse is not None and self.chilled_water is None and (self.liquid is None or self.liquid.loop is None):
            raise ValueError("heat can be reused out of water only, and there is none")

    def _check_temperatures(self) -> None:
        if self.chilled_water is None or self.rejection is None:
            return
        warmest_c = self.room.supply_c - 1.0
        if self.chilled_water.supply_c > warmest_c:
            raise DesignError(
                "chilled water supply_c",
                f"chilled water of {self.chilled_water.supply_c:g} degC cannot make supply air of "
                f"{self.room.supply_c:g} degC; it must be at most {warmest_c:g} degC",
            )
        economiser = self.rejection.economiser
        if economiser is None or not isinstance(self.rejection.sink, TowerDesign):
            return
        if self.chilled_water.supply_c - economiser.approach_k < COLDEST_TOWER_C:
            raise DesignError(
                "chilled water supply_c",
                f"chilled water of {self.chilled_water.supply_c:g} degC behind an economiser with "
                f"{economiser.approach_k:g} K approach needs tower water below {COLDEST_TOWER_C:g} degC, which freezes",
            )
