"""How much slower work runs under a power cap: a law, or points that were measured.

A profile of a server has it as `cap_curve` among its values, one of a measured workload at the top of its header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self, get_args

from dcplan.profiles.power import in_range, numbers
from dcplan.profiles.power_curve import valued

Kind = Literal["power_law", "measured"]


@dataclass(frozen=True)
class CapCurve:
    """Speed over full speed, by dynamic power over that at full speed.

    Attributes:
        kind: `power_law`, s = d^alpha; or `measured`, straight lines through points and through nothing at nothing.
        alpha: 1/3 if voltage falls with frequency, up to 1 if it does not [-].
        dynamic: Dynamic power of each measured point over that at full speed [-], rising to 1.
        speed: Speed of each measured point over full speed [-], rising to 1.
    """

    kind: Kind
    alpha: float = 0.0
    dynamic: tuple[float, ...] = ()
    speed: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"cap_curve kind '{self.kind}' is none of {', '.join(get_args(Kind))}")
        if self.kind == "power_law":
            in_range("alpha of the cap_curve", self.alpha, 0.1, 1.0)
        else:
            self._check_points()

    def _check_points(self) -> None:
        if len(self.dynamic) != len(self.speed) or not self.dynamic:
            raise ValueError("dynamic and speed of a cap_curve need the same length of at least 1")
        for name, values in (("dynamic", self.dynamic), ("speed", self.speed)):
            if values[0] <= 0.0 or values[-1] != 1.0 or any(a >= b for a, b in pairwise(values)):
                raise ValueError(f"{name} = {values} of a cap_curve must rise from above 0 to exactly 1")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Build from a profile's `cap_curve`."""
        kind = values.get("kind", "power_law")
        if kind == "measured":
            return cls(kind, 0.0, numbers(values, "dynamic"), numbers(values, "speed"))
        return cls(kind, valued(values, "alpha") if kind == "power_law" else 0.0)
