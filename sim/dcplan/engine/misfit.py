"""What does not fit in the spec of a building, told at the key that says so, and in the units that people write.

A design refuses numbers by the names of its own fields, and a curve by those of its profile; here both are led back to
the scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType

from pydantic import BaseModel

from dcplan.errors import InputError
from dcplan.facility.domain import DesignError, OutOfRangeError

Path = tuple[str, ...]

UNITS = MappingProxyType(
    {"_c": " degC", "_k": " K", "_w": " W", "_s": " s", "_pa": " Pa", "_m3_s": " m^3/s", "_kg_s": " kg/s"}
)
CAPACITY: Path = ("it_capacity",)
WATER: tuple[Path, ...] = (("cooling", "chilled_water"), ("cooling", "water"), ("cooling", "liquid", "supply"))
KEYS: MappingProxyType[str, tuple[Path, ...]] = MappingProxyType(
    {
        "chilled water supply_c": WATER,
        "supply_c": (("cooling", "supply_air"),),
        "server_rise_k": (("cooling", "air_rise"),),
        "condenser setpoint_c": (("cooling", "condenser_water"),),
        "economiser dead_band_k": (("cooling", "economiser_control", "dead_band"),),
        "economiser kept_steps": (("cooling", "economiser_control", "min_run"),),
        "cdu rise_k": (("cooling", "liquid", "coolant_rise"),),
        "reuse needed_c": (("cooling", "heat_reuse", "needs"),),
        "reuse demand_w": (("cooling", "heat_reuse", "demand"),),
        "reuse below_c": (("cooling", "heat_reuse", "below"),),
        "lighting_w": (("lighting",),),
        "rejection": (("cooling", "chiller"),),
        **dict.fromkeys(("it_rated_w", "airflow_m3_s", "exhaust airflow_m3_s", "pump flow_kg_s"), (CAPACITY,)),
        **dict.fromkeys((f"{part} capacity_w" for part in ("chiller", "tower", "dry cooler", "dx")), (CAPACITY,)),
    }
)
"""Where a scenario says what a design calls so, below `facility`; of several the one that says this number."""


class MisfitError(ValueError):
    """*message* about what the scenario says at *below*, a path below `facility`."""

    def __init__(self, message: str, below: Path) -> None:
        super().__init__(message)
        self.below = below


@contextmanager
def at(*below: str) -> Iterator[None]:
    """What is refused inside is wrong at *below*, a path below `facility`."""
    try:
        yield
    except MisfitError:
        raise
    except OutOfRangeError as error:
        raise MisfitError(_told(error), below) from None
    except (InputError, ValueError) as error:
        raise MisfitError(str(error), below) from None


@contextmanager
def profile(name: str, what: str, *below: str) -> Iterator[None]:
    """The profile *name*, given at *below*, is to be read as *what*, e.g. "a UPS"."""
    try:
        yield
    except InputError as error:  # there is no such profile
        raise MisfitError(str(error), below) from None
    except ValueError as error:
        message = f"profile '{name}' does not describe {what}: {error}; choose one of its kind: 'dcplan list profiles'"
        raise MisfitError(message, below) from None


@contextmanager
def somewhere(spec: BaseModel) -> Iterator[None]:
    """What a design refuses inside is wrong where *spec*, that of the building, says it."""
    try:
        yield
    except OutOfRangeError as error:
        place = _place(spec, error)
        name = "" if _said(spec, place) == error.value else f"{error.name.rpartition('_')[0].replace('_', ' ')} of "
        raise MisfitError(f"{name}{_told(error)}", place) from None
    except DesignError as error:
        raise MisfitError(str(error), _place(spec, error)) from None


def _told(error: OutOfRangeError) -> str:
    """The number that is out of range, with its unit."""
    suffix = max((each for each in UNITS if error.name.endswith(each)), key=len, default="")
    unit = UNITS.get(suffix, "")
    allowed = f"at least {error.low:g}" if error.high >= 1e300 else f"{error.low:g} to {error.high:g}"
    return f"{error.value:g}{unit} is outside what can be simulated, {allowed}{unit}"


def _place(spec: BaseModel, error: DesignError) -> Path:
    known = [(path, value) for path in KEYS.get(error.name, ()) if (value := _said(spec, path)) is not None]
    same = [path for path, value in known if isinstance(error, OutOfRangeError) and value == error.value]
    return (same or [path for path, _ in known] or [()])[0]


def _said(spec: object, path: Path) -> object:
    """What *spec* says at *path*; None if it says nothing."""
    for part in path:
        spec = getattr(spec, part, None)
    return spec
