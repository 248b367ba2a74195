"""What was measured of a call and of its server, as a profile that the simulator reads like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from dcplan.profiling import machine
from dcplan.profiling.measure import Series, Window
from dcplan.profiling.summary import summarise
from dcplan.profiling.write import write
from dcplan.validation.host.bare import levelled
from dcplan.validation.host.run import WORKLOAD
from dcplan.validation.host.service import Server
from dcplan.validation.host.ways import THREADS

SKU = "this-host"


def write_profile(series: Sequence[Series], server: Server, root: Path, pace: float = 1.0) -> None:
    """The profile of the call as *server* makes it, in `<root>/compute/`, and a server kind that holds it.

    Args:
        series: Times of the call by itself.
        server: What a way of serving adds to it.
        root: Where to write.
        pace: How much longer calls take now than in *series*, as a factor [-].
    """
    shifted = [
        *(_served(one, pace * server.slowing, server.cycle_s) for one in levelled(series)),
        *(_served(one, pace, server.cycle_s) for one in server.after),
    ]
    today = datetime.now(UTC).date()
    header = {
        "schema": 2,
        "kind": "measured",
        "description": f"{WORKLOAD} on this machine, as a server calls it: samples gathered, run, and read out.",
        "source": "dcplan verify host, before its runs",
        "year": today.year,
        "date": today.isoformat(),
        "licence": "Apache-2.0",
        "derivation": f"calls timed in windows, {pace - 1.0:+.1%} for how fast the machine is now; back-to-back ones "
        f"{server.slowing - 1.0:+.1%} for requests that come meanwhile; {1e6 * server.cycle_s:.0f} us between batches "
        "added to each",
        "conditions": {"threads": THREADS, "precision": "fp32"},
        "software": machine.software(),
    }
    write(root / "compute" / SKU / WORKLOAD, header, shifted, [summarise(one) for one in shifted], {})
    host = root / "power" / SKU
    host.mkdir(parents=True, exist_ok=True)
    (host / "profile.yaml").write_text(
        "schema: 1\nkind: synthetic\ndescription: This machine; its power is not known and left out.\n"
        f"source: dcplan verify host\nyear: {today.year}\nlicence: Apache-2.0\nderivation: none\nvalues:\n"
        "  idle_w: {value: 0, unit: W}\n  max_w: {value: 0, unit: W}\n  curve: {r: {value: 1, unit: '1'}}\n"
        f"  slots: {{{SKU}: {{value: 1, unit: '1'}}}}\n",
        encoding="utf-8",
    )


def _served(series: Series, factor: float, cycle_s: float) -> Series:
    """The times of *series* as the server sees them: longer by a factor, and by the time between two batches."""

    def longer(windows: Sequence[Window]) -> list[Window]:
        return [replace(window, call_s=factor * window.call_s + cycle_s) for window in windows]

    return Series(
        series.point, longer(series.warm_up), series.settled, longer(series.measured), longer(series.disturbed)
    )
