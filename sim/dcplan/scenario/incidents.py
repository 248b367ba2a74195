"""What goes wrong on purpose: what is lost when and for how long, and how the room stands it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from dcplan.scenario.base import Count, Duration, Moment, PositiveDuration, Spec, Temperature, TemperatureRise, Volume

Units = Literal["chillers", "room_units", "cells", "cdus", "liquid_cells"]
Pumps = Literal["chilled_water_pumps", "condenser_pumps", "liquid_pumps"]


class Incident(Spec):
    """Something is lost for a while."""

    lost: Units | Pumps | Literal["utility"]
    """Units of the plant (`cells` of its tower or dry cooler), all pumps of a loop, or the power of the utility."""
    at: Moment
    """When, site time, e.g. 2025-07-09 14:00."""
    lasts: PositiveDuration
    """For how long, e.g. '20 min'."""
    count: Count | None = None
    """How many units, spare ones included; all of them unless said."""

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.count is not None and (self.lost == "utility" or self.lost.endswith("pumps")):
            raise ValueError(f"{self.lost} are lost as a whole; remove 'count'")
        return self


class Throttling(Spec):
    """How servers slow down in warm air: not at all up to `begins`, in a straight line to `slowest` at `ends`."""

    begins: Temperature
    """Inlet air at which they begin to slow down, e.g. '35 degC'."""
    ends: Temperature
    """Inlet air at which they are as slow as they get, e.g. '45 degC'."""
    slowest: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Their speed there, over full speed."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.begins:
            raise ValueError(f"servers slow down between two temperatures; {self.ends:g} is not above {self.begins:g}")
        return self


class RideThrough(Spec):
    """What a room has to bridge a loss of cooling, and what servers do in warm air."""

    store: Volume | None = None
    """Chilled water in a tank, e.g. '5 m^3'; it helps as long as the pumps of the chilled water run."""
    store_rise: TemperatureRise = "8 K"  # type: ignore[assignment]  # read like a scenario's text
    """By how much it may warm."""
    on_ups: tuple[Literal["room_units", "chilled_water_pumps", "liquid_pumps"], ...] = ("room_units",)
    """What of the plant the batteries of the UPS keep running without the utility."""
    restart: Duration = "5 min"  # type: ignore[assignment]
    """Time that chillers take to cool again once they have power."""
    throttling: Throttling
    """How servers slow down in warm air."""
    shutdown: Temperature | None = None
    """Inlet air at which servers switch off to save themselves; never, unless given."""
    power_on: Duration = "10 min"  # type: ignore[assignment]
    """Time that servers take to serve again, from when the air is below `throttling.begins` again."""
