"""Whether a result obeys the first law: every watt at the meter is found again as heat or as a loss."""

from __future__ import annotations

import numpy as np

from dcplan.facility.domain import FloatArray
from dcplan.facility.result import FacilityResult


def balance_residual(result: FacilityResult) -> float:
    """Largest imbalance of any step over the power at the meter [-]; NaN if the result holds one.

    Five balances: meter = sum of the electrical parts; room heat = what runs in the room; chilled water =
    chillers + economiser + shortfall; tower = chillers' heat and power + economiser + condenser pumps; and
    over the whole building, meter = tower + shortfall + what leaves outdoors (transformer,
    switchgear, heaters of the generators, tower fans).
    """
    r = result
    electrical = r.facility_w - (
        r.server_w
        + r.pdu_loss_w
        + r.ups_loss_w
        + r.transformer_loss_w
        + r.switchgear_loss_w
        + r.generator_heater_w
        + r.crah_fan_w
        + r.chilled_water_pump_w
        + r.chiller_w
        + r.condenser_pump_w
        + r.tower_fan_w
        + r.lighting_w
    )
    room = r.room_heat_w - (r.server_w + r.pdu_loss_w + r.ups_loss_w + r.crah_fan_w + r.lighting_w)
    chilled = (r.room_heat_w + r.chilled_water_pump_w) - (
        r.evaporator_heat_w + r.economiser_heat_w + r.cooling_shortfall_w
    )
    tower = r.heat_rejected_w - (r.evaporator_heat_w + r.chiller_w + r.economiser_heat_w + r.condenser_pump_w)
    outdoors = r.transformer_loss_w + r.switchgear_loss_w + r.generator_heater_w + r.tower_fan_w
    building = r.facility_w - (r.heat_rejected_w + r.cooling_shortfall_w + outdoors)
    return max(_relative(part, r.facility_w) for part in (electrical, room, chilled, tower, building))


def _relative(imbalance_w: FloatArray, scale_w: FloatArray) -> float:
    return float(np.max(np.abs(imbalance_w) / np.maximum(scale_w, 1e-9)))
