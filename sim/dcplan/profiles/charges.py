"""What a tariff charges for beside energy by period: blocks, ratchets, peaks of the system, riders, taxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Kind = Literal["energy", "demand", "fixed", "credit", "tax"]
"""What kind of thing an item of the bill is."""

ALL_MONTHS = tuple(range(1, 13))


@dataclass(frozen=True)
class Blocks:
    """A price that changes with how much is bought in a month, block after block.

    Attributes:
        up_to: Where each block ends [kWh, kW, or kWh per kW], [b], increasing; the last is infinite.
        usd: Price of what falls into each block [USD per kWh or kW], [b].
        per_kw: The ends are kWh per kW of the month's highest demand ("hours of use").
    """

    up_to: FloatArray
    usd: FloatArray
    per_kw: bool = False

    def parts(self, amount: float, scale: float = 1.0) -> FloatArray:
        """How much of *amount* falls into each block, whose ends are multiplied by *scale*, [b].

        >>> Blocks(np.array([100.0, np.inf]), np.array([0.1, 0.2])).parts(130.0).tolist()
        [100.0, 30.0]
        """
        ends = np.minimum(self.up_to * scale if scale > 0.0 else np.where(np.isinf(self.up_to), np.inf, 0.0), amount)
        parts: FloatArray = np.diff(ends, prepend=0.0)
        return parts

    def cost_usd(self, amount: float, scale: float = 1.0) -> float:
        """What *amount* costs [USD]."""
        return float(self.parts(amount, scale) @ self.usd)


@dataclass(frozen=True)
class Ratchet:
    """Demand is billed at no less than a share of the highest of the last eleven months.

    Attributes:
        share: Share of that highest demand [-].
        months: Months 1..12 whose demand counts for it.
        highest_kw_before: Highest demand of the eleven months before the run [kW]; None if it is not stated: they are
            then taken to have been like the run.
    """

    share: float
    months: tuple[int, ...] = ALL_MONTHS
    highest_kw_before: float | None = None


@dataclass(frozen=True)
class NamedHour:
    """An hour of the site's wall clock; of every year if *year* is None."""

    year: int | None
    month: int
    day: int
    hour: int


@dataclass(frozen=True)
class Coincident:
    """A charge on the mean power in hours in which the system peaks (4CP of ERCOT, 5CP of PJM, triads).

    Attributes:
        name: As it stands on the bill.
        usd_per_kw: Price per kW and month [USD/kW].
        hours: The hours.
        kw_before: What is billed if none of them lies in the run [kW]; None: the run's highest demand.
    """

    name: str
    usd_per_kw: float
    hours: tuple[NamedHour, ...]
    kw_before: float | None = None


@dataclass(frozen=True)
class PowerFactor:
    """How the bill looks at reactive power.

    Attributes:
        kva: Demand is billed in kVA: kW over power factor; prices are per kVA.
        reference: Power factor under which it costs extra [-]; 0 if it never does.
        raises_demand: Billed demand is multiplied by reference over power factor where that is above 1.
        usd_per_kwh_per_point: Price per kWh for each percentage point under the reference [USD/kWh].
        usd_per_kvarh: Price of reactive energy beyond that at the reference [USD/kvarh].
        usd_per_kvar: Price of the month's highest reactive demand beyond that at the reference [USD/kvar].
    """

    kva: bool = False
    reference: float = 0.0
    raises_demand: bool = False
    usd_per_kwh_per_point: float = 0.0
    usd_per_kvarh: float = 0.0
    usd_per_kvar: float = 0.0

    def demand_factor(self, of_the_site: float) -> float:
        """Billed demand over demand in kW, at the power factor *of_the_site*."""
        if self.kva:
            return 1.0 / of_the_site
        return max(1.0, self.reference / of_the_site) if self.raises_demand else 1.0

    def excess_kvar_per_kw(self, of_the_site: float) -> float:
        """Reactive power beyond that at the reference, per kW: tan(acos(pf)) - tan(acos(reference)), not below 0."""
        allowed = np.tan(np.arccos(self.reference)) if self.reference > 0.0 else 0.0
        return max(0.0, float(np.tan(np.arccos(of_the_site)) - allowed))


@dataclass(frozen=True)
class Rider:
    """A price beside that of energy and demand, the same at all hours: delivery, levies, fees.

    Attributes:
        name: As it stands on the bill.
        kind: What the report counts it as.
        usd_per_kwh: Price of every kWh from the grid [USD/kWh].
        usd_per_kw: Price of the month's billed demand at any hour [USD/kW].
        usd_per_month: Fee per month [USD].
        usd_per_day: Fee per day [USD].
    """

    name: str
    kind: Kind
    usd_per_kwh: float = 0.0
    usd_per_kw: float = 0.0
    usd_per_month: float = 0.0
    usd_per_day: float = 0.0


@dataclass(frozen=True)
class Percentage:
    """A rider or tax that is a share of what stands above it on the bill.

    Attributes:
        name: As it stands on the bill.
        share: Share of it [-].
        of: Kinds of items that it is a share of.
    """

    name: str
    share: float
    of: tuple[Kind, ...]


@dataclass(frozen=True)
class Export:
    """What power that goes into the grid earns.

    Attributes:
        net_metering: In each month and period it first cancels energy bought in that period.
        usd_per_kwh: What the rest earns in each energy period [USD/kWh], [p].
        real_time: The rest earns the real-time price as well.
    """

    net_metering: bool
    usd_per_kwh: FloatArray
    real_time: bool = False
