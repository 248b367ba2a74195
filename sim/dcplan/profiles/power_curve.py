"""How the power of a server or an accelerator rises with its use, as a shape from 0 at rest to 1 at full use.

A profile's `curve` says its `kind`: measured points (`table`), or a law with at most one parameter. The two ends, power
at rest and at full use, are told beside it, so every kind meets both exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self, get_args

from dcplan.profiles.power import in_range, number, numbers

Kind = Literal["table", "fan_weber_barroso", "mse", "linear", "sqrt", "square", "cubic", "boavizta_log", "log2"]
"""Shapes that are known; `dcplan.facility.server.SHAPES` computes them."""

PARAMETERS = {"fan_weber_barroso": "r", "mse": "r", "boavizta_log": "c"}
"""The parameter of those kinds that have one."""


@dataclass(frozen=True)
class PowerCurve:
    """The shape of a power curve.

    Attributes:
        kind: Which law.
        parameter: r of `fan_weber_barroso` and `mse` [-], 1..2; c of `boavizta_log` [% of use], > 0; 0 for the others.
        load: Use of each measured point of a `table`, from 0 to 1 [-].
        power_w: Power of each measured point [W].
    """

    kind: Kind
    parameter: float = 0.0
    load: tuple[float, ...] = ()
    power_w: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"curve kind '{self.kind}' is none of {', '.join(get_args(Kind))}")
        if self.kind in ("fan_weber_barroso", "mse"):
            in_range("r of the curve", self.parameter, 1.0, 2.0)
        if self.kind == "boavizta_log":
            in_range("c of the curve", self.parameter, 1e-3, 1e6)
        if self.kind == "table":
            self._check_table()

    def _check_table(self) -> None:
        load, power_w = self.load, self.power_w
        if len(load) != len(power_w) or len(load) < 2 or (load[0], load[-1]) != (0.0, 1.0):
            raise ValueError("load and power_w of a table need the same length of at least 2, and load 0 to 1")
        if any(a >= b for a, b in pairwise(load)):
            raise ValueError(f"load = {load} of a table must rise")
        if any(a > b for a, b in pairwise(power_w)) or power_w[0] >= power_w[-1]:
            raise ValueError(f"power_w = {power_w} of a table must not fall, and must rise from first to last")

    @classmethod
    def from_values(cls, curve: Mapping[str, Any]) -> Self:
        """Build from a profile's `curve`; its parameter may carry a source (`r: {value: 1.4, ...}`)."""
        kind = curve.get("kind", "fan_weber_barroso")
        if kind == "table":
            return cls(kind, 0.0, numbers(curve, "load"), numbers(curve, "power_w"))
        name = PARAMETERS.get(kind)
        return cls(kind) if name is None else cls(kind, valued(curve, name))


@dataclass(frozen=True)
class InletResponse:
    """What warm inlet air costs a server: faster fans, and transistors that leak more.

    Attributes:
        reference_c: Inlet temperature up to which the server draws what its curve says [degC].
        leakage_per_k: Growth of the power without fans per kelvin above that [1/K].
        fan_w: All fans at full speed [W].
        fan_speed_low: Speed up to the reference over full speed, the static minimum [-].
        fan_full_c: Inlet temperature at which the fans reach full speed [degC].
        fan_exponent: Of power over speed: 3 by the affinity laws, less with real drives [-].
    """

    reference_c: float
    leakage_per_k: float
    fan_w: float
    fan_speed_low: float
    fan_full_c: float
    fan_exponent: float

    def __post_init__(self) -> None:
        in_range("inlet reference_c", self.reference_c, 10.0, 40.0)
        in_range("inlet leakage_per_k", self.leakage_per_k, 0.0, 0.05)
        in_range("inlet fan_w", self.fan_w, 0.0, 1e5)
        in_range("inlet fan_speed_low", self.fan_speed_low, 0.05, 1.0)
        in_range("inlet fan_full_c", self.fan_full_c, self.reference_c + 1.0, 70.0)
        in_range("inlet fan_exponent", self.fan_exponent, 1.0, 3.0)

    @classmethod
    def from_values(cls, inlet: Mapping[str, Any]) -> Self:
        """Build from a profile's `inlet`, each number with or without a source."""
        return cls(**{name: valued(inlet, name) for name in cls.__dataclass_fields__})


def valued(values: Mapping[str, Any], name: str) -> float:
    """The number *name*, written bare or as `{value: ..., source: ...}`."""
    entry = values.get(name)
    return number(entry, "value") if isinstance(entry, Mapping) else number(values, name)
