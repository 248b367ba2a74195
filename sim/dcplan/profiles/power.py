"""Power conversion as curves: power supplies, uninterruptible supplies, busways, transformers.

Each record is built from the `values` of a profile with `from_values`, and refuses numbers that no such
device can have with a ValueError of one sentence. All curves are per unit of rated output, so that a rating
scales them; nothing here knows how the devices are wired together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class PsuCurve:
    """Certified efficiency of a server's power supply at a few loads."""

    load_fraction: tuple[float, ...]
    """Output power over rated output of one supply [-], rising, the last 1."""
    efficiency: tuple[float, ...]
    """Output power over AC input power at each load fraction [-]."""

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.load_fraction, self.load_fraction[1:], strict=False))
        if len(self.load_fraction) != len(self.efficiency) or len(self.efficiency) < 2:
            raise ValueError("load_fraction and efficiency must have the same length of at least 2")
        if not rising or self.load_fraction[0] <= 0.0 or self.load_fraction[-1] != 1.0:
            raise ValueError(f"load_fraction = {self.load_fraction} must rise from above 0 to exactly 1")
        for value in self.efficiency:
            in_range("efficiency", value, 0.5, 0.999)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values `load_fraction` and `efficiency`, two lists of equal length."""
        return cls(numbers(values, "load_fraction"), numbers(values, "efficiency"))


@dataclass(frozen=True)
class ConverterCurve:
    """A rectifier or converter with a constant and a proportional loss: P_in = (P_out + c) / eta, per unit.

    The form of W. Brewer et al., ExaDigiT, whose `raps` uses it for the two conversions of Frontier.
    """

    constant_w: float
    """c, lost inside each unit even at no load, before the proportional part [W]."""
    efficiency: float
    """eta, slope of output over input [-]."""

    def __post_init__(self) -> None:
        in_range("constant_w", self.constant_w, 0.0, 1e5)
        in_range("efficiency", self.efficiency, 0.5, 0.9999)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values `constant_w` and `efficiency`."""
        return cls(number(values, "constant_w"), number(values, "efficiency"))


def supply_curve(values: Mapping[str, Any]) -> PsuCurve | ConverterCurve:
    """The curve of a supply: `kind: constant_linear`, or certified points."""
    if values.get("kind") == "constant_linear":
        return ConverterCurve.from_values(values)
    return PsuCurve.from_values(values)


@dataclass(frozen=True)
class LossCurve:
    """Losses of a UPS or a busway per unit of rated output: L / P_rated = a + b x + c x^2, x = P / P_rated.

    The three terms are the no-load, proportional and square-law losses of N. Rasmussen, "Electrical
    efficiency modeling for data centers", APC (Schneider Electric) White Paper 113, 2007.
    """

    no_load: float
    """a [-]: lost even at no load (fans, logic, magnetising current)."""
    proportional: float
    """b [-]: switching and diode losses."""
    square: float
    """c [-]: resistive losses."""

    def __post_init__(self) -> None:
        in_range("no_load", self.no_load, 0.0, 0.2)
        in_range("proportional", self.proportional, 0.0, 0.2)
        in_range("square", self.square, 0.0, 0.2)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values `no_load`, `proportional` and `square`, each 0 to 0.2."""
        return cls(number(values, "no_load"), number(values, "proportional"), number(values, "square"))

    def efficiency(self, load_fraction: float) -> float:
        """Output over input power [-] at *load_fraction* > 0 of the rating.

        >>> round(LossCurve(0.0125, 0.0018, 0.0252).efficiency(0.5), 3)
        0.962
        """
        in_range("load_fraction", load_fraction, 1e-9, 2.0)
        loss = self.no_load + self.proportional * load_fraction + self.square * load_fraction**2
        return load_fraction / (load_fraction + loss)


@dataclass(frozen=True)
class Winding:
    """The windings of a transformer, whose resistance rises with temperature."""

    rise_k: float
    """Temperature rise over the surroundings at full load [K]."""
    reference_c: float
    """Temperature of the nameplate efficiency [degC]."""
    eddy: float
    """Share of eddy currents in the losses under load [-]; they fall with resistance."""
    coefficient_c: float
    """Temperature coefficient of the conductor [K]: 234.5 for copper, 225 for aluminium."""

    def __post_init__(self) -> None:
        in_range("winding rise_k", self.rise_k, 20.0, 200.0)
        in_range("winding reference_c", self.reference_c, 20.0, 200.0)
        in_range("winding eddy", self.eddy, 0.0, 0.9)
        in_range("winding coefficient_c", self.coefficient_c, 200.0, 250.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's `winding`."""
        return cls(*(number(values, name) for name in ("rise_k", "reference_c", "eddy", "coefficient_c")))


@dataclass(frozen=True)
class TransformerCurve:
    """Nameplate efficiencies of a family of transformers by rating, all at one load fraction."""

    rated_va: tuple[float, ...]
    """Ratings of the table [VA], rising."""
    efficiency: tuple[float, ...]
    """Efficiency of each rating at *nameplate_load* [-]."""
    nameplate_load: float
    """Load fraction of the nameplate efficiency [-]."""
    best_load: float
    """Load fraction of the highest efficiency [-], where no-load losses equal load losses."""
    winding: Winding | None = None
    """How the losses under load follow the winding's temperature; None: they are those at the nameplate's."""

    def __post_init__(self) -> None:
        if len(self.rated_va) != len(self.efficiency) or not self.rated_va:
            raise ValueError("rated_va and efficiency must have the same length of at least 1")
        if any(a >= b for a, b in zip(self.rated_va, self.rated_va[1:], strict=False)):
            raise ValueError("rated_va must rise")
        for value in self.efficiency:
            in_range("efficiency", value, 0.9, 0.9999)
        in_range("nameplate_load", self.nameplate_load, 0.1, 1.0)
        in_range("best_load", self.best_load, 0.1, 1.0)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's values `rated_va`, `efficiency`, `nameplate_load` and `best_load`."""
        winding = values.get("winding")
        return cls(
            numbers(values, "rated_va"),
            numbers(values, "efficiency"),
            number(values, "nameplate_load"),
            number(values, "best_load"),
            None if winding is None else Winding.from_values(winding),
        )


def number(values: Mapping[str, Any], key: str) -> float:
    """The number under *key*; raise a ValueError that names the key if it is missing or no number."""
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the values need a number '{key}', not {value!r}")
    return float(value)


def numbers(values: Mapping[str, Any], key: str) -> tuple[float, ...]:
    """The list of numbers under *key*; raise a ValueError that names the key otherwise."""
    listed = values.get(key)
    if not isinstance(listed, list | tuple):
        raise ValueError(f"the values need a list of numbers '{key}', not {listed!r}")
    return tuple(number({key: value}, key) for value in listed)


def in_range(name: str, value: float, low: float, high: float) -> None:
    """Raise a ValueError that says what *name* is and may be, unless low <= *value* <= high."""
    if not low <= value <= high:
        raise ValueError(f"{name} = {value:g} is outside {low:g} to {high:g}")
