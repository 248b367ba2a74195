"""What every spec shares: it is frozen, refuses unknown keys, and reads numbers with their unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic_core import PydanticCustomError, core_schema

from dcplan import units


class Spec(BaseModel):
    """A frozen piece of a scenario; each field is documented by the text under it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )


@dataclass(frozen=True)
class Unit:
    """Marks a float that people write with a unit: `Annotated[float, Unit("W")]` reads "350 kW"."""

    symbol: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(
            self._read,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(self._write),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> Mapping[str, Any]:
        example = units.EXAMPLES.get(self.symbol, f"1 {self.symbol}")
        return {"type": "string", "pattern": r"^\s*[+-]?[\d.].*", "examples": [example]}

    def _read(self, value: object) -> float:
        if isinstance(value, str):
            try:
                return units.parse(value, self.symbol)
            except ValueError as error:
                raise PydanticCustomError("unit", "{problem}", {"problem": str(error)}) from error
        example = units.EXAMPLES.get(self.symbol, f"1 {self.symbol}")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            raise PydanticCustomError("unit", "{p}", {"p": f"a bare number has no unit; write e.g. '{example}'"})
        raise PydanticCustomError("unit", "{p}", {"p": f"expected a number with a unit, e.g. '{example}'"})

    def _write(self, value: float) -> str:
        return f"{value!r} {'/s' if self.symbol == '1/s' else self.symbol}"


YEARS = 366.0 * 86400.0
"""Longest duration a scenario may name, s: one (leap) year."""


def _date(value: object) -> object:
    if isinstance(value, (int, float)):
        raise ValueError("write a date such as 2025-07-07")
    return value


def _on_the_wall(start: datetime) -> datetime:
    if start.tzinfo is not None or not 1970 <= start.year <= 2200:
        raise ValueError("write a date from 1970 to 2200, in site time without an offset, such as 2025-07-07 08:00")
    return start


Moment = Annotated[datetime, BeforeValidator(_date), AfterValidator(_on_the_wall)]
"""A day, or a day and an hour, on the clocks of the site."""
Power = Annotated[float, Unit("W"), Field(gt=0, le=1e12)]
Duration = Annotated[float, Unit("s"), Field(ge=0, le=YEARS)]
PositiveDuration = Annotated[float, Unit("s"), Field(gt=0, le=YEARS)]
Rate = Annotated[float, Unit("1/s"), Field(ge=0, le=1e9)]
PositiveRate = Annotated[float, Unit("1/s"), Field(gt=0, le=1e9)]
Temperature = Annotated[float, Unit("degC"), Field(ge=-60, le=100)]
TemperatureRise = Annotated[float, Unit("K"), Field(gt=0, le=60)]
Volume = Annotated[float, Unit("m^3"), Field(gt=0, le=1e6)]
Pressure = Annotated[float, Unit("Pa"), Field(gt=0, le=1e7)]
Bytes = Annotated[float, Unit("B"), Field(ge=1, le=1e18)]
Bandwidth = Annotated[float, Unit("B/s"), Field(gt=0, le=1e15)]
Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^.\s/\\]+$")]
"""The name of a part: no dots, blanks or slashes, because KPI names and `--set` paths are built from it."""
