"""Text with a unit ("350 kW", "2 ms", "27 degC") to SI floats and back; the only place that knows pint.

People write units, the simulator computes in SI floats whose names end in the unit. A bare number where
a unit is needed is refused, because nobody can tell 350 W from 350 kW. pint is imported on first use, so
that `dcplan --help` stays fast.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pint import UnitRegistry

QUANTITY = re.compile(r"^\s*([+-]?(?:\d+(?:[_,]\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*?)\s*$")
_WORD = r"[^\W\d]\w*(?:(?:\^|\*\*)-?\d)?"
UNIT = re.compile(rf"^(?:1? ?/ ?)?{_WORD}(?:(?: ?[*/·] ?| ){_WORD})*$|^°[CF]$")
"""What a unit may look like: words, products, quotients and one-digit powers; pint would calculate 9**9**9 for days."""
MAX_TEXT, MAX_UNIT = 1000, 40
"""Longest quantity and unit [letters]: pint looks for prefixes in every word, which takes minutes for a long one."""

EXAMPLES = {
    "W": "350 kW",
    "s": "2 ms",
    "J": "5 kWh",
    "degC": "24 degC",
    "K": "12 K",
    "m": "82 m",
    "deg": "25 deg",
    "h": "5.5 h",
    "1/s": "60 /s",
    "Pa": "600 Pa",
    "m^2": "8000 m^2",
    "m^3": "5 m^3",
    "B": "600 kB",
    "B/s": "25 GB/s",
    "USD": "9000 USD",
    "USD/W": "11.5 USD/W",
    "USD/t": "51 USD/t",
    "kg/kWh": "0.4 kg/kWh",
    "USD/kWh": "0.08 USD/kWh",
}
"""A good value for each unit that a scenario may ask for, shown in error messages."""


@cache
def _registry() -> UnitRegistry[float]:
    import pint

    registry: UnitRegistry[float] = pint.UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=True)
    registry.define("USD = [currency] = usd")
    registry.define("request = [] = requests")
    return registry


def parse(text: str, unit: str) -> float:
    """Return *text*, e.g. "350 kW", as a float in *unit*, e.g. "W".

    Raise a ValueError with one sentence if the number is bare, not finite, or of another dimension.

    >>> parse("350 kW", "W")
    350000.0
    >>> parse("60 /s", "1/s")
    60.0
    """
    wanted = f"write e.g. '{EXAMPLES.get(unit, '1 ' + unit)}'"
    if _is_number(text):
        raise ValueError(f"a bare number has no unit; {wanted}")
    match = QUANTITY.match(text) if len(text) <= MAX_TEXT else None
    if match is None:
        raise ValueError(f"cannot read {shorten(text)} as a number with a unit; {wanted}")
    number = float(match[1].replace(",", "").replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(f"{shorten(text)} is not a finite number; {wanted}")
    return _convert(number, match[2], unit, wanted)


def _convert(number: float, written: str, unit: str, wanted: str) -> float:
    registry = _registry()
    spelled = "1" + written if written.startswith("/") else written
    try:
        if len(written) > MAX_UNIT or not UNIT.match(written):
            raise ValueError("not spelled like a unit")
        value = registry.Quantity(number, registry.parse_units(spelled))
        if unit == "K" and registry.Quantity(0.0, value.units).to("K").magnitude != 0.0:
            raise ValueError("a temperature, not a difference")
        converted = float(value.to(unit).magnitude)
    except Exception as error:  # pint raises many kinds: unknown unit, wrong dimension, syntax, overflow
        raise ValueError(f"{shorten(written)} is not a unit of {dimension(unit)}; {wanted}") from error
    if not math.isfinite(converted):
        raise ValueError(f"{shorten(written)} makes a number that is not finite; {wanted}")
    return converted


def dimension(unit: str) -> str:
    """The everyday name of what *unit* measures, for messages."""
    names = {
        "W": "power",
        "s": "time",
        "J": "energy",
        "degC": "temperature",
        "K": "temperature difference",
        "m": "length",
        "m^2": "area",
        "deg": "angle",
        "h": "time",
        "1/s": "rate",
        "Pa": "pressure",
        "B": "memory",
        "B/s": "bandwidth",
        "USD": "money",
    }
    return names.get(unit, unit)


def shorten(text: object, limit: int = 40) -> str:
    """*text* quoted and cut for a message, so that a megabyte of garbage stays one line."""
    flat = repr(str(text))
    return flat if len(flat) <= limit else flat[: limit - 4] + "...'"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
