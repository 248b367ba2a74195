"""The power chain from the servers' inlets up to the utility meter: what each stage adds, and overloads.

    servers <- PDU <- UPS <- switchgear <- transformer <- meter
                          ^ cooling plant, room fans, lighting and the heaters of the generators join here

A load above a rating is computed with the same laws and flagged; nothing is clipped or shed here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dcplan.facility.distribution import PduDesign, SwitchgearDesign, pdu_loss_w, quadratic_loss_w
from dcplan.facility.domain import BoolArray, FloatArray, require
from dcplan.facility.generator import GeneratorDesign
from dcplan.facility.psu import PsuDesign
from dcplan.facility.ride_through import BatteryDesign
from dcplan.facility.transformer import TransformerDesign, transformer_loss_w
from dcplan.facility.ups import UpsDesign, ups_loss_w


@dataclass(frozen=True)
class PowerDesign:
    """Everything between the servers' boards and the meter."""

    psu: PsuDesign
    """The servers' own supplies, inside IT power."""
    pdu: PduDesign
    """Distribution behind the UPS."""
    ups: UpsDesign
    """Carries the servers only, or a share of them."""
    transformer: TransformerDesign
    """Carries the whole building; stands outdoors, so its losses do not heat the room."""
    utility_limit_w: float
    """Power that the utility lets the site draw [W]; `math.inf` if there is no limit."""
    switchgear: SwitchgearDesign | None = None
    """Carries the whole building; None: its losses are neglected."""
    generators: GeneratorDesign | None = None
    """Standby generators; None if there are none."""
    battery: BatteryDesign | None = None
    """Batteries of the UPS; None if nothing is said of them."""
    hall_limit_w: float = math.inf
    """Power that the servers of the hall may draw together [W]."""

    def __post_init__(self) -> None:
        require("utility_limit_w", self.utility_limit_w, 1.0, math.inf)
        require("hall_limit_w", self.hall_limit_w, 1.0, math.inf)


@dataclass(frozen=True)
class Feed:
    """What feeding the servers takes, arrays of the shape of the load."""

    pdu_loss_w: FloatArray
    ups_loss_w: FloatArray
    input_w: FloatArray
    """Power into the UPS, and past it [W]."""
    hall_exceeded: BoolArray
    pdu_overload: BoolArray
    ups_overload: BoolArray
    """Load above what all running modules can carry."""
    ups_redundancy_lost: BoolArray
    """Load above what is left when the redundant modules are gone."""


@dataclass(frozen=True)
class Meter:
    """What the utility sees, arrays of the shape of the load."""

    transformer_loss_w: FloatArray
    switchgear_loss_w: FloatArray
    generator_heater_w: FloatArray
    facility_w: FloatArray
    """Power at the meter [W]."""
    transformer_overload: BoolArray
    utility_exceeded: BoolArray


def feed(server_w: FloatArray, design: PowerDesign) -> Feed:
    """Climb from the servers' AC inlets *server_w* [W] to the input of the UPS, and past it."""
    distribution_loss_w = pdu_loss_w(server_w, design.pdu)
    fed_w = server_w + distribution_loss_w
    ups_output_w = design.ups.share * fed_w
    loss_w = ups_loss_w(ups_output_w, design.ups)
    return Feed(
        pdu_loss_w=distribution_loss_w,
        ups_loss_w=loss_w,
        input_w=fed_w + loss_w,
        hall_exceeded=server_w > design.hall_limit_w,
        pdu_overload=server_w > design.pdu.rated_w,
        ups_overload=ups_output_w > design.ups.running_w,
        ups_redundancy_lost=ups_output_w > design.ups.rated_w,
    )


def meter(secondary_w: FloatArray, design: PowerDesign) -> Meter:
    """Climb from everything behind the transformer, *secondary_w* [W], to the meter."""
    heater_w = np.full(secondary_w.shape, 0.0 if design.generators is None else design.generators.heater_w)
    switched_w = secondary_w + heater_w
    gear, gear_w = design.switchgear, np.zeros(secondary_w.shape)
    if gear is not None:
        gear_w = quadratic_loss_w(switched_w, gear.rated_w, gear.curve)
    output_w = switched_w + gear_w
    loss_w = transformer_loss_w(output_w, design.transformer)
    facility_w = output_w + loss_w
    return Meter(
        transformer_loss_w=loss_w,
        switchgear_loss_w=gear_w,
        generator_heater_w=heater_w,
        facility_w=facility_w,
        transformer_overload=output_w > design.transformer.rated_w,
        utility_exceeded=facility_w > design.utility_limit_w,
    )
