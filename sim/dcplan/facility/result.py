"""What the building did: one array per quantity, one value per time step."""

from __future__ import annotations

from dataclasses import dataclass

from dcplan.facility.domain import BoolArray, FloatArray


@dataclass(frozen=True)
class FacilityResult:
    """Arrays of shape [n]; power and heat in W, consumption positive."""

    server_w: FloatArray
    """Servers at their AC inlets, as given."""
    psu_loss_w: FloatArray
    """Losses of the servers' supplies, inside *server_w*."""
    pdu_loss_w: FloatArray
    ups_loss_w: FloatArray
    transformer_loss_w: FloatArray
    switchgear_loss_w: FloatArray
    generator_heater_w: FloatArray
    crah_fan_w: FloatArray
    chilled_water_pump_w: FloatArray
    chiller_w: FloatArray
    condenser_pump_w: FloatArray
    tower_fan_w: FloatArray
    lighting_w: FloatArray
    facility_w: FloatArray
    """Power at the utility meter."""

    room_heat_w: FloatArray
    """Heat to remove from the room: servers, PDU, UPS, room fans, lighting."""
    evaporator_heat_w: FloatArray
    """Heat that the chillers take from the chilled water."""
    economiser_heat_w: FloatArray
    """Heat that goes to the tower without a chiller."""
    heat_rejected_w: FloatArray
    """Heat that leaves through the tower."""
    cooling_shortfall_w: FloatArray
    """Heat that the plant cannot remove. It is not served: the room warms, which is not modelled here."""

    evaporation_kg_s: FloatArray
    drift_kg_s: FloatArray
    blowdown_kg_s: FloatArray

    economiser_fraction: FloatArray
    """Share of the load carried by the economiser: 1 full, 0 off."""
    chillers_running: FloatArray

    server_inlet_c: FloatArray
    """Air into the servers, as long as there is no shortfall [degC]."""
    return_air_c: FloatArray
    """Air back to the room units, as long as there is no shortfall [degC]."""
    chilled_water_return_c: FloatArray
    """Water into the plant [degC]."""
    tower_water_c: FloatArray
    """Water that the tower supplies [degC]."""
    condenser_water_c: FloatArray
    """Water that enters the condensers [degC]."""
    economiser_supply_c: FloatArray
    """Chilled water behind the economiser [degC]; the returning water where it is off."""
    crah_flow_kg_s: FloatArray
    """Air through the room units [kg/s]."""

    psu_extrapolated: BoolArray
    """Supplies below their lowest certified load."""
    chiller_extrapolated: BoolArray
    """Chillers outside the temperatures of their curves."""
    tower_extrapolated: BoolArray
    """Tower outside the data of its correlation."""
    psu_overload: BoolArray
    hall_exceeded: BoolArray
    """Servers above the limit of the hall."""
    pdu_overload: BoolArray
    ups_overload: BoolArray
    """Load above what all running modules can carry."""
    ups_redundancy_lost: BoolArray
    """Load above what the modules without the redundant ones can carry."""
    transformer_overload: BoolArray
    utility_exceeded: BoolArray
    """Power at the meter above the utility's limit."""
    airflow_exceeded: BoolArray
    """Air wanted above what the room units move at design speed."""
    water_flow_exceeded: BoolArray
    """Chilled or condenser water flow above the pumps' design flow."""
    chiller_redundancy_lost: BoolArray
    """Load above what the duty chillers can carry."""

    @property
    def extrapolated(self) -> BoolArray:
        """Steps in which a curve is used outside its data; count them and show them."""
        return self.psu_extrapolated | self.chiller_extrapolated | self.tower_extrapolated
