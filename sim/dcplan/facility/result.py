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
    """Fans in the room: CRAH, fan wall, in the row, at the rack's door."""
    chilled_water_pump_w: FloatArray
    chiller_w: FloatArray
    """Compressors of chillers and of direct expansion, with the fans of air-cooled ones."""
    condenser_pump_w: FloatArray
    """Pumps between plants and their tower or dry cooler."""
    tower_fan_w: FloatArray
    """Fans of towers and dry coolers."""
    liquid_pump_w: FloatArray
    """Pumps of coolant and facility water of liquid-cooled servers."""
    economiser_fan_w: FloatArray
    """Exhaust or outdoor-side fans of air economisers."""
    humidification_w: FloatArray
    heat_pump_w: FloatArray
    """Heat pump that lifts the heat for somebody."""
    lighting_w: FloatArray
    charging_w: FloatArray
    """Batteries of the UPS, while they are charged."""
    facility_w: FloatArray
    """Power at the utility meter."""

    room_heat_w: FloatArray
    """Heat to remove from the room's air: servers less *liquid_heat_w*, PDU, UPS, room fans, lighting."""
    liquid_heat_w: FloatArray
    """Servers' heat into coolant."""
    moisture_heat_w: FloatArray
    """Heat of outdoor water that condenses on cold coils."""
    evaporator_heat_w: FloatArray
    """Heat that compressors take from water or air."""
    economiser_heat_w: FloatArray
    """Heat that leaves without a compressor."""
    heat_rejected_w: FloatArray
    """Heat that leaves to the outdoor air: by towers, dry coolers, condensers, exhaust."""
    heat_reused_w: FloatArray
    """Heat that is taken out of water for somebody."""
    cooling_shortfall_w: FloatArray
    """Heat that the plant cannot remove. It is not served: the room warms, which is not modelled here."""

    evaporation_kg_s: FloatArray
    drift_kg_s: FloatArray
    blowdown_kg_s: FloatArray

    economiser_fraction: FloatArray
    """Share of the heat that leaves without a compressor: 1 full, 0 off."""
    chillers_running: FloatArray

    server_inlet_c: FloatArray
    """Air into the servers, as long as there is no shortfall [degC]."""
    server_inlet_kg_kg: FloatArray
    """Water vapour in it per dry air [kg/kg]."""
    return_air_c: FloatArray
    """Air back to the room units, as long as there is no shortfall [degC]."""
    coolant_c: FloatArray
    """Coolant into the servers' cold plates [degC]; 0 where there is none."""
    chilled_water_return_c: FloatArray
    """Water into the plant [degC]; these four are the outdoor dry bulb where no water is."""
    tower_water_c: FloatArray
    """Water that the tower supplies [degC]."""
    condenser_water_c: FloatArray
    """Water or air that enters the condensers [degC]."""
    economiser_supply_c: FloatArray
    """Chilled water behind the economiser [degC]; the returning water where it is off."""
    crah_flow_kg_s: FloatArray
    """Air through the room units [kg/s]."""

    psu_extrapolated: BoolArray
    """Supplies below their lowest certified load."""
    chiller_extrapolated: BoolArray
    """Compressors outside the temperatures of their curves."""
    tower_extrapolated: BoolArray
    """Tower or dry cooler outside the data behind its law."""
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
    """Air wanted above what the room units in service move at design speed."""
    water_flow_exceeded: BoolArray
    """Chilled or condenser water flow above the pumps' design flow."""
    chiller_redundancy_lost: BoolArray
    """Load that needs the redundant chillers or units."""
    outside_recommended: BoolArray
    """Air into the servers outside ASHRAE's recommended envelope."""
    outside_allowable: BoolArray
    """Air into the servers outside the allowable envelope of their class."""

    @property
    def heat_removed_w(self) -> FloatArray:
        """Heat that leaves room, coolant and chilled water, however it leaves."""
        return self.evaporator_heat_w + self.economiser_heat_w + self.heat_reused_w

    @property
    def heat_delivered_w(self) -> FloatArray:
        """Heat that is handed over at the building's boundary: taken out of water, and the heat pump's work."""
        return self.heat_reused_w + self.heat_pump_w

    @property
    def extrapolated(self) -> BoolArray:
        """Steps in which a curve is used outside its data; count them and show them."""
        return self.psu_extrapolated | self.chiller_extrapolated | self.tower_extrapolated
