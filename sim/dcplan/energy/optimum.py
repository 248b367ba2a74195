"""The cheapest dispatch of a battery that knows all of the future: a linear program, solved by HiGHS.

min  sum_t p_t g_t dt_t - sum_t q_t x_t dt_t + sum_k r_k D_k
     g - x + d - c - k = net load;  E' = E + eta_c c dt - d dt / eta_d;  D_k >= mean of g over each of its windows

with g from the grid, x exported, c and d charging and discharging, k curtailed, E the charge and D_k the demand that is
charged. No rule can cost less over the same series, if it leaves the battery as full.

References: Q. Huangfu and J. A. J. Hall, "Parallelizing the dual revised simplex method", Mathematical Programming
Computation 10, 2018 (HiGHS, dual simplex), through `scipy.optimize.linprog`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcplan.energy.battery import Battery, FloatArray

if TYPE_CHECKING:
    from scipy import sparse
    from scipy.optimize import OptimizeResult

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

KILO, J_PER_KWH = 1e3, 3.6e6


@dataclass(frozen=True)
class Demand:
    """A charge for the highest demand of some windows.

    Attributes:
        windows: Whether each window of the series counts, [w].
        usd_per_kw: Price of the highest of them [USD/kW].
    """

    windows: BoolArray
    usd_per_kw: float


@dataclass(frozen=True)
class Charges:
    """What the meter's readings cost, [n] steps.

    Attributes:
        energy_usd_per_kwh: Price of energy from the grid, [n].
        export_usd_per_kwh: What energy to the grid earns, [n].
        window: Number of the demand window of each step, 0 to w - 1, [n].
        demands: Charges for the highest of the windows' mean power.
    """

    energy_usd_per_kwh: FloatArray
    export_usd_per_kwh: FloatArray
    window: IntArray
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class Optimum:
    """The cheapest dispatch, [n] steps.

    Attributes:
        usd: Its cost.
        bound_usd: The cost below which none can be, from the duals of the program.
        battery_w: Power of the battery, positive when it discharges [W].
        battery_j: Charge at the end of each step [J].
        grid_w: Power from the grid [W].
        export_w: Power to the grid [W].
    """

    usd: float
    bound_usd: float
    battery_w: FloatArray
    battery_j: FloatArray
    grid_w: FloatArray
    export_w: FloatArray


def cost_usd(charges: Charges, grid_w: FloatArray, export_w: FloatArray, duration_s: FloatArray) -> float:
    """What *grid_w* and *export_w* [W], [n], cost by *charges*."""
    bought = grid_w * charges.energy_usd_per_kwh - export_w * charges.export_usd_per_kwh
    total = float((bought * duration_s).sum()) / J_PER_KWH
    demand_kw = np.bincount(charges.window, grid_w * duration_s) / np.bincount(charges.window, duration_s) / KILO
    highest = (each.usd_per_kw * float(demand_kw[each.windows].max(initial=0.0)) for each in charges.demands)
    return total + sum(highest)


def cheapest(
    load_w: FloatArray,
    made_w: FloatArray,
    duration_s: FloatArray,
    battery: Battery,
    charges: Charges,
    export_limit_w: float = 0.0,
    end_j: float | None = None,
    connected: BoolArray | None = None,
) -> Optimum:
    """The cheapest dispatch over a series.

    Args:
        load_w: What the site draws [W], [n].
        made_w: What sun and wind could give [W], [n].
        duration_s: Length of each step [s], [n].
        battery: What is stored.
        charges: What the meter's readings cost.
        export_limit_w: Most power to the grid [W]; only sun and wind are exported.
        end_j: Least charge at the end [J]; that of the start unless said otherwise.
        connected: Whether the battery may do anything, [n]; always unless said otherwise.
    """
    from scipy.optimize import linprog

    steps = len(load_w)
    demands = [each for each in charges.demands if each.usd_per_kw > 0.0 and each.windows.any()]
    hours = duration_s / 3600.0
    objective = np.concatenate(
        (
            np.zeros(3 * steps),
            charges.energy_usd_per_kwh * hours,
            -charges.export_usd_per_kwh * hours,
            np.zeros(steps),
            [each.usd_per_kw for each in demands],
        )
    )
    balance, right = _balance(load_w, made_w, hours, battery, len(demands))
    peaks = _peaks(charges, demands, duration_s)
    end_j = battery.start_j if end_j is None else end_j
    bounds = _bounds(made_w, battery, export_limit_w, end_j, connected, len(demands))
    found = linprog(  # type: ignore[call-overload]  # its stubs do not know that it takes sparse matrices
        objective,
        A_ub=peaks,
        b_ub=np.zeros(peaks.shape[0]),
        A_eq=balance,
        b_eq=right,
        bounds=bounds,
        method="highs-ds",
    )
    if not found.success:
        raise ValueError(f"no dispatch is possible: {found.message}")
    charging, discharging, charge, grid, export, _ = (found.x[k * steps : (k + 1) * steps] for k in range(6))
    return Optimum(
        usd=float(found.fun),
        bound_usd=_bound_usd(found, right, bounds),
        battery_w=(discharging - charging) * KILO,
        battery_j=charge * J_PER_KWH,
        grid_w=grid * KILO,
        export_w=export * KILO,
    )


def _balance(
    load_w: FloatArray, made_w: FloatArray, hours: FloatArray, battery: Battery, demands: int
) -> tuple[sparse.csr_array, FloatArray]:
    """Rows for power and for charge in each step, and their right-hand sides [kW, kWh]."""
    from scipy import sparse

    steps = len(load_w)
    one, none = sparse.eye_array(steps), sparse.csr_array((steps, steps))
    no_demand = sparse.csr_array((steps, demands))
    change = one - sparse.eye_array(steps, k=-1)
    gained = sparse.diags_array(-battery.charge_efficiency * hours)
    lost = sparse.diags_array(hours / battery.discharge_efficiency)
    power = sparse.hstack((-one, one, none, one, -one, -one, no_demand))
    charge = sparse.hstack((gained, lost, change, none, none, none, no_demand))
    start = np.zeros(steps)
    start[0] = battery.start_j / J_PER_KWH
    right = np.concatenate(((load_w - made_w) / KILO, start))
    return sparse.csr_array(sparse.vstack((power, charge))), right


def _peaks(charges: Charges, demands: Sequence[Demand], duration_s: FloatArray) -> sparse.csr_array:
    """Rows that keep the mean of each window at or below the demand that is charged."""
    from scipy import sparse

    steps, windows = len(duration_s), int(charges.window.max()) + 1
    share = duration_s / np.bincount(charges.window, duration_s)[charges.window]
    mean = sparse.csr_array((share, (charges.window, np.arange(steps))), shape=(windows, steps))
    rows = []
    for number, each in enumerate(demands):
        counted = np.flatnonzero(each.windows)
        before, behind = sparse.csr_array((len(counted), 3 * steps)), sparse.csr_array((len(counted), 2 * steps))
        charged = np.full(len(counted), -1.0), (np.arange(len(counted)), np.full(len(counted), number))
        column = sparse.csr_array(charged, shape=(len(counted), len(demands)))
        rows.append(sparse.hstack((before, mean[counted], behind, column)))
    return sparse.csr_array(sparse.vstack(rows)) if rows else sparse.csr_array((0, 6 * steps))


def _bounds(
    made_w: FloatArray,
    battery: Battery,
    export_limit_w: float,
    end_j: float,
    connected: BoolArray | None,
    demands: int,
) -> FloatArray:
    """Lowest and highest of every unknown, [6 n + demands, 2]."""
    steps = len(made_w)
    power_kw = np.full(steps, battery.power_w / KILO)
    if connected is not None:
        power_kw[~connected] = 0.0
    low_kwh = np.full(steps, battery.floor_j / J_PER_KWH)
    low_kwh[-1] = end_j / J_PER_KWH
    high_kwh = np.full(steps, battery.capacity_j / J_PER_KWH)
    export_kw = np.minimum(made_w, export_limit_w) / KILO
    most, none = np.full(steps, np.inf), np.zeros(steps)
    high = (power_kw, power_kw, high_kwh, most, export_kw, made_w / KILO, np.full(demands, np.inf))
    low = (none, none, low_kwh, none, none, none, np.zeros(demands))
    return np.column_stack((np.concatenate(low), np.concatenate(high)))


def _bound_usd(found: OptimizeResult, right: FloatArray, bounds: FloatArray) -> float:
    """The value of the dual program [USD]: right-hand sides and finite bounds times their multipliers."""
    finite = np.isfinite(bounds[:, 1])
    total = float(right @ found.eqlin.marginals) + float(bounds[:, 0] @ found.lower.marginals)
    return total + float(bounds[finite, 1] @ found.upper.marginals[finite])
