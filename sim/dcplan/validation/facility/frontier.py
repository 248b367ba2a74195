"""Frontier's power chain in closed form: nodes, converters, rectifiers, switches and pumps, added up to megawatts.

The numbers of the machine are those of ExaDigiT's RAPS; the answer is what that twin gives without its transients.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.facility.psu import converter_input_w
from dcplan.facility.server import server_power_w
from dcplan.profiles.library import Library, shipped
from dcplan.profiles.power import ConverterCurve
from dcplan.profiles.power_curve import PowerCurve
from dcplan.validation.check import Check

SOURCE = (
    "ExaDigiT RAPS, config/frontier.yaml, evaluated in closed form; W. Brewer et al., A Digital Twin Framework for "
    "Liquid-cooled Supercomputers as Demonstrated at Exascale, SC24 (arXiv 2410.05133)"
)
TOLERANCE = 1e-3
"""Relative difference that passes [-]."""

RACKS, CHASSIS_PER_RACK, NODES_PER_CHASSIS = 74, 8, 16
RECTIFIERS_PER_CHASSIS, SWITCHES_PER_CHASSIS = 4, 4
CDUS, GPUS_PER_NODE = 25, 4
CPU_IDLE_W, CPU_MAX_W = 90.0, 280.0
GPU_IDLE_W, GPU_MAX_W = 88.0, 560.0
REST_OF_NODE_W = 74.26 + 4 * 20.0 + 30.0
"""Memory, four network cards, and local storage of a node [W]."""
SWITCH_W, CDU_W = 250.0, 8473.47
LINEAR = PowerCurve("linear")

CASES = {"idle": (0.0, 0.0, 7.3065), "HPL": (0.33, 0.79, 22.95), "peak": (1.0, 1.0, 28.228)}
"""Utilisation of processors and accelerators, and what the machine then draws [MW]."""


def frontier_w(cpu: float, gpu: float, library: Library) -> float:
    """Power of Frontier [W] with all its nodes at a utilisation of *cpu* and *gpu*, 0..1."""
    sivoc, rectifier = (
        ConverterCurve.from_values(library.load("power", f"{name}-frontier").values) for name in ("sivoc", "rectifier")
    )
    node_w = (
        server_power_w(np.array(cpu), CPU_IDLE_W, CPU_MAX_W, LINEAR)
        + GPUS_PER_NODE * server_power_w(np.array(gpu), GPU_IDLE_W, GPU_MAX_W, LINEAR)
        + REST_OF_NODE_W
    )
    chassis_w = NODES_PER_CHASSIS * converter_input_w(node_w, sivoc) + SWITCHES_PER_CHASSIS * SWITCH_W
    feed_w = RECTIFIERS_PER_CHASSIS * converter_input_w(chassis_w / RECTIFIERS_PER_CHASSIS, rectifier)
    return float(RACKS * CHASSIS_PER_RACK * feed_w + CDUS * CDU_W)


def checks(library: Library | None = None) -> list[Check]:
    """Idle, HPL-like and peak power of Frontier [MW] against the published configuration."""
    known = library or Library([Path(shipped("profiles"))])
    return [
        Check(f"Frontier, {name}", frontier_w(cpu, gpu, known) / 1e6, expected, TOLERANCE * expected, "MW", SOURCE)
        for name, (cpu, gpu, expected) in CASES.items()
    ]
