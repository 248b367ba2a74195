"""A day of a site as large as Frontier, through the loader, the engine and the KPIs as any other scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dcplan.engine.resolve import resolve
from dcplan.profiles.library import default_library
from dcplan.scenario.load import from_data
from dcplan.studies.replicate import replicate

NODES = 9472
STEP_S = 15
QUEUES = {
    "short": {"jobs": 25, "epochs": 1, "every": "10 min"},
    "middle": {"jobs": 125, "epochs": 4, "every": "30 min"},
    "long": {"jobs": 500, "epochs": 10, "every": "2 h"},
    "night": {"jobs": 500, "epochs": 20, "every": "4 h"},
}


def day() -> Callable[[], object]:
    """The day, from a plan to KPIs."""
    plan = resolve(from_data(scenario()), default_library())
    return lambda: replicate(plan, workers=1)


def scenario() -> dict[str, Any]:
    """The site as a scenario file would say it."""
    training = {"workload": "resnet50", "on": "nodes", "slots": 2 * NODES, "samples": 1_281_167}
    return {
        "name": "site",
        "horizon": "24 h",
        "step": f"{STEP_S} s",
        "replications": 1,
        "site": {
            "place": "sterling-va",
            "grid": "us-serc-virginia-carolina",
            "tariff": "dominion-gs-3",
            "prices": "us-2025",
        },
        "facility": {
            "it_capacity": "80 MW",
            "power": {
                "utility": {"limit": "120 MW"},
                "transformer": {"rating": "120 MW"},
                "ups": {"rating": "85 MW", "modules": 40, "redundancy": "n+1"},
                "distribution": {"rating": "85 MW"},
                "supplies": {"rating": "3 kW"},
            },
            "cooling": {
                "kind": "chilled_water",
                "chillers": 20,
                "crah_units": 400,
                "supply_air": "24 degC",
                "chilled_water": "15 degC",
                "economiser": "waterside",
            },
        },
        "fleet": {"nodes": {"server": "hgx-h200-8", "count": NODES}},
        "training": {name: training | queue for name, queue in QUEUES.items()},
    }
