"""Whether a result obeys the first law: every watt at the meter is found again as heat or as a loss."""

from __future__ import annotations

import numpy as np

from dcplan.facility.domain import FloatArray
from dcplan.facility.result import FacilityResult


def balance_residual(result: FacilityResult) -> float:
    """Largest imbalance of any step over the power at the meter [-]; NaN if the result holds one.

    Five balances: meter = sum of the electrical parts; room heat = what runs in the room; heat of room, moisture,
    coolant and pumps = compressors + economisers + reuse + shortfall; outdoor air = compressors' heat and power +
    economisers + condenser pumps; and over the whole building, meter + moisture = outdoor air + reuse + shortfall +
    what leaves outdoors (transformer, switchgear, heaters of the generators, fans there, humidifiers), or is stored.
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
        + r.liquid_pump_w
        + r.economiser_fan_w
        + r.humidification_w
        + r.heat_pump_w
        + r.lighting_w
        + r.charging_w
    )
    in_air_w = r.server_w - r.liquid_heat_w
    room = r.room_heat_w - (in_air_w + r.pdu_loss_w + r.ups_loss_w + r.crah_fan_w + r.lighting_w)
    removed = (r.room_heat_w + r.moisture_heat_w + r.liquid_heat_w + r.chilled_water_pump_w + r.liquid_pump_w) - (
        r.evaporator_heat_w + r.economiser_heat_w + r.heat_reused_w + r.cooling_shortfall_w
    )
    outdoor = r.heat_rejected_w - (r.evaporator_heat_w + r.chiller_w + r.economiser_heat_w + r.condenser_pump_w)
    outdoors_w = r.transformer_loss_w + r.switchgear_loss_w + r.generator_heater_w
    outdoors_w = outdoors_w + r.charging_w + r.tower_fan_w + r.economiser_fan_w + r.humidification_w
    building = (r.facility_w + r.moisture_heat_w) - (
        r.heat_rejected_w + r.heat_delivered_w + r.cooling_shortfall_w + outdoors_w
    )
    parts = (electrical, room, removed, outdoor, building)
    return max(_relative(part, r.facility_w) for part in parts)


def _relative(imbalance_w: FloatArray, scale_w: FloatArray) -> float:
    return float(np.max(np.abs(imbalance_w) / np.maximum(scale_w, 1e-9)))
