"""What carries the load when the utility fails: the battery at once, generators once they have started, or nothing.

    0 ----------- takeover ------------------------ outage_s
      battery       generators, and what they cannot carry on the battery
      nothing       where the battery is empty

Closed form, all outages at once; no outage knows of another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.facility.domain import FloatArray, require
from dcplan.facility.generator import GeneratorDesign, burn
from dcplan.profiles.standby import BatteryKind

LEAST = 1e-9
"""Load over rating below which a battery lasts as long as there, years: keeps numbers finite."""


@dataclass(frozen=True)
class BatteryDesign:
    """The batteries of a UPS, taken as one."""

    kind: BatteryKind
    rated_w: float
    """Load that they carry for *ride_through_s* [W]."""
    ride_through_s: float
    """How long they carry that load when full [s]."""

    def __post_init__(self) -> None:
        require("battery rated_w", self.rated_w, 1.0, 1e10)
        require("battery ride_through_s", self.ride_through_s, 1.0, 86400.0)

    @property
    def stored_j(self) -> float:
        """Energy in the full battery that a discharge at the rating uses [J]."""
        return self.rated_w * self.ride_through_s / self.kind.discharge_efficiency


@dataclass(frozen=True)
class Carried:
    """What carried the load in each outage, arrays [outages]; the energies sum to load times outage."""

    load_w: FloatArray
    outage_s: FloatArray
    started: FloatArray
    """Generators that started."""
    takeover_s: FloatArray
    """When the generators take over, or the utility is back."""
    generator_w: FloatArray
    """What the generators carry from then on [W]."""
    battery_s: FloatArray
    """How long the battery carries the whole load before the takeover [s]."""
    beside_s: FloatArray
    """How long it carries the rest beside the generators, from the takeover on [s]; 0 if there is no rest."""
    charge: FloatArray
    """Charge of the battery when the utility is back, 0..1 [-]."""
    battery_j: FloatArray
    generator_j: FloatArray
    lost_j: FloatArray
    """Energy that the load would have used while nothing carried it [J]."""
    fuel_l: FloatArray

    @property
    def lost_from_s(self) -> FloatArray:
        """When load is lost first, from the start of the outage [s]; infinite if none is."""
        before = self.battery_s < self.takeover_s
        short = (self.generator_w < self.load_w) & (self.beside_s < self.outage_s - self.takeover_s)
        behind_s = np.where(short, self.takeover_s + self.beside_s, np.inf)
        return np.where(before & (self.load_w > 0.0), self.battery_s, behind_s)


def lasts_s(load_w: FloatArray, battery: BatteryDesign) -> FloatArray:
    """How long a full battery carries *load_w* [s]: t = t_r (P_r / P)^k; infinite without load.

    References: W. Peukert, "Ueber die Abhaengigkeit der Kapazitaet von der Entladestromstaerke bei Bleiakkumulatoren",
    Elektrotechnische Zeitschrift 20, 1897; here with power in place of current.

    >>> battery = BatteryDesign(BatteryKind(1.0, 0.95, 0.9, 36000.0), 100e3, 300.0)
    >>> lasts_s(np.array([100e3, 50e3, 0.0]), battery).tolist()
    [300.0, 600.0, inf]
    """
    share = np.asarray(load_w, dtype=np.float64) / battery.rated_w
    with np.errstate(divide="ignore"):
        return np.asarray(battery.ride_through_s * share**-battery.kind.peukert)


def ride_through(
    load_w: FloatArray,
    battery: BatteryDesign | None,
    generators: GeneratorDesign | None,
    outage_s: FloatArray,
    start_draws: FloatArray,
    charge: FloatArray | float = 1.0,
) -> Carried:
    """What carries the load in each of n outages of the utility.

    Args:
        load_w: Load, constant over the outage [W], shape [n].
        battery: The UPS's batteries; None if there are none.
        generators: The standby generators; None if there are none.
        outage_s: How long the utility is gone [s], shape [n].
        start_draws: A number from 0 to 1 for each generator, shape [n, generators]: it starts if the number is below
            its start probability.
        charge: Charge of the battery at the start, 0..1 [-].
    """
    load, outage = np.atleast_1d(np.asarray(load_w, dtype=np.float64)), np.atleast_1d(np.asarray(outage_s, np.float64))
    started = np.zeros(load.shape)
    takeover_s, generator_w = outage, np.zeros(load.shape)
    if generators is not None:
        started = np.sum(start_draws < generators.kind.start_probability, axis=1, dtype=np.float64)
        takeover_s = np.where(started > 0, np.minimum(generators.kind.start_s, outage), outage)
        generator_w = np.minimum(started * generators.rated_w, load)
    rest_w, behind_s = load - generator_w, outage - takeover_s
    battery_s, left = _discharge(load, takeover_s, np.broadcast_to(charge, load.shape), battery)
    beside_s, left = _discharge(rest_w, np.where(rest_w > 0.0, behind_s, 0.0), left, battery)
    generator_j = generator_w * behind_s
    return Carried(
        load_w=load,
        outage_s=outage,
        started=started,
        takeover_s=takeover_s,
        generator_w=generator_w,
        battery_s=battery_s,
        beside_s=beside_s,
        charge=left,
        battery_j=load * battery_s + rest_w * beside_s,
        generator_j=generator_j,
        lost_j=load * (takeover_s - battery_s) + rest_w * (behind_s - beside_s),
        fuel_l=np.zeros(load.shape) if generators is None else burn(generator_w, behind_s, started, generators).fuel_l,
    )


def carried_w(time_s: FloatArray, carried: Carried) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What battery, generators and nothing carry at *time_s* after the start of an outage [W]; their sum is the load.

    *time_s* broadcasts against the outages: [m, 1] asks for m instants of all of them. Outside an outage all are 0.
    """
    during = (time_s >= 0.0) & (time_s < carried.outage_s)
    first = time_s < carried.takeover_s
    rest_w = carried.load_w - carried.generator_w
    battery_w = np.where(
        first,
        np.where(time_s < carried.battery_s, carried.load_w, 0.0),
        np.where(time_s < carried.takeover_s + carried.beside_s, rest_w, 0.0),
    )
    generator_w = np.where(first, 0.0, carried.generator_w)
    lost_w = carried.load_w - battery_w - generator_w
    return (
        np.where(during, battery_w, 0.0),
        np.where(during, generator_w, 0.0),
        np.where(during, lost_w, 0.0),
    )


def recharge_w(delivered_j: FloatArray, battery: BatteryDesign) -> FloatArray:
    """What recharging draws at the input of the UPS [W] for `recharge_s`, after *delivered_j* [J] at its output."""
    kind = battery.kind
    return np.asarray(delivered_j / (kind.discharge_efficiency * kind.charge_efficiency) / kind.recharge_s)


def _discharge(
    load_w: FloatArray, wanted_s: FloatArray, charge: FloatArray, battery: BatteryDesign | None
) -> tuple[FloatArray, FloatArray]:
    """How much of *wanted_s* the battery carries *load_w* [s], and its charge then."""
    if battery is None:
        return np.where(load_w > 0.0, 0.0, wanted_s), np.zeros(load_w.shape)
    loaded = load_w > 0.0
    full_s = lasts_s(np.maximum(load_w, LEAST * battery.rated_w), battery)
    held_s = np.where(loaded, np.minimum(wanted_s, charge * full_s), wanted_s)
    return held_s, np.where(loaded, np.maximum(charge - held_s / full_s, 0.0), charge)
