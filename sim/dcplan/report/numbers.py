"""Numbers as people read them: "6.22 s", "440 kWh", "55.2 %", and intervals with as many digits as they deserve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dcplan.kpis.definitions import SHARES

NOTHING = "no value"
"""Shown where there is no number, such as the latency of an endpoint that got no request."""

Ladder = tuple[tuple[float, float, str], ...]

LADDERS: Mapping[str, Ladder] = MappingProxyType(
    {
        "s": (
            (172_800.0, 1 / 86_400.0, "days"),
            (7_200.0, 1 / 3_600.0, "h"),
            (120.0, 1 / 60.0, "min"),
            (1.0, 1.0, "s"),
            (1e-3, 1e3, "ms"),
            (0.0, 1e6, "µs"),
        ),
        "kWh": ((1e6, 1e-6, "GWh"), (1e4, 1e-3, "MWh"), (1.0, 1.0, "kWh"), (0.0, 1e3, "Wh")),
        "kW": ((1e4, 1e-3, "MW"), (1.0, 1.0, "kW"), (0.0, 1e3, "W")),
        "J": ((3.6e6, 1 / 3.6e6, "kWh"), (1e3, 1e-3, "kJ"), (1.0, 1.0, "J"), (0.0, 1e3, "mJ")),
        "kg": ((1e4, 1e-3, "t"), (1.0, 1.0, "kg"), (0.0, 1e3, "g")),
        "m3": ((1.0, 1.0, "m³"), (0.0, 1e3, "L")),
        "1/s": ((0.0, 1.0, "/s"),),
        "-": ((0.0, 1.0, ""),),
    }
)
"""For each unit of a KPI: from which size on, times what, it is shown in which unit; largest first."""

COUNTS = frozenset({"requests", "jobs"})
"""Units of what comes in whole pieces."""


@dataclass(frozen=True)
class Scale:
    """What to multiply numbers by, and the unit they then have."""

    factor: float
    unit: str

    def text(self, value: float, significant: int = 3) -> str:
        """*value* with its unit."""
        return f"{digits(value * self.factor, significant)} {self.unit}".strip()


def scale(size: float, unit: str) -> Scale:
    """The scale in which a number of about *size* reads best.

    >>> scale(0.012, "s")
    Scale(factor=1000.0, unit='ms')
    """
    ladder = LADDERS.get(unit)
    if ladder is None:
        return Scale(1.0, unit)
    if size == 0 or not math.isfinite(size):
        return Scale(1.0, next((name for _, factor, name in ladder if factor == 1.0), unit))
    return next(Scale(factor, name) for least, factor, name in ladder if abs(size) >= least)


def digits(number: float, significant: int = 3) -> str:
    """*number* with at least *significant* digits; whole numbers are never cut.

    >>> digits(1234567.0), digits(6.2225), digits(0.01102)
    ('1,234,567', '6.22', '0.0110')
    """
    if number == 0:
        return "0"
    if not math.isfinite(number):
        return NOTHING
    if abs(number) < 1e-6 or abs(number) >= 1e15:
        return f"{number:.{significant - 1}e}"
    exponent = math.floor(math.log10(abs(number)))
    return f"{number:,.{max(0, significant - 1 - exponent)}f}"


def quantity(value: float | None, unit: str) -> str:
    """*value* in the unit that reads best.

    >>> quantity(0.0123, "s"), quantity(439.9, "kWh"), quantity(12.0, "jobs"), quantity(None, "s")
    ('12.3 ms', '440 kWh', '12 jobs', 'no value')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in COUNTS and value == round(value):
        return f"{value:,.0f} {unit}"
    return scale(value, unit).text(value)


def given(value: float, unit: str) -> str:
    """A round number that somebody wrote, such as a promise, without digits that he did not write.

    >>> given(10.0, "s"), given(0.1, "s"), given(0.0125, "s")
    ('10 s', '100 ms', '12.5 ms')
    """
    shown = scale(value, unit)
    return f"{value * shown.factor:.6g} {shown.unit}".strip()


def span(seconds: float) -> str:
    """A length of time in the two largest units that make it up.

    >>> span(601_200.0), span(604_800.0), span(5400.0), span(0.5)
    ('6 days 23 h', '7 days', '1 h 30 min', '500 ms')
    """
    if seconds < 60:
        return given(seconds, "s")
    left, parts = round(seconds), []
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        parts.append(f"{count} {'day' if count == 1 and name == 'days' else name}" if count else "")
    first = next(place for place, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def percent(share: float | None, significant: int = 2) -> str:
    """A share in per cent; close to the whole, as many digits as show what is missing.

    >>> percent(0.552), percent(0.99996), percent(1.0)
    ('55 %', '99.9960 %', '100 %')
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    missing = 1.0 - share
    if 1e-9 < missing < 0.01:
        decimals = -math.floor(math.log10(missing)) - 1
        return f"{100.0 * share:.{decimals}f} %"
    return f"{digits(100.0 * share, significant)} %"


def dollars(usd: float | None) -> str:
    """Money.

    >>> dollars(708.107), dollars(0.01102), dollars(1234567.0)
    ('$708.11', '$0.0110', '$1,234,567')
    """
    if usd is None or not math.isfinite(usd):
        return NOTHING
    sign, size = ("-" if usd < 0 else ""), abs(usd)
    if size >= 10_000:
        return f"{sign}${size:,.0f}"
    return f"{sign}${size:,.2f}" if size >= 1 or size == 0 else f"{sign}${digits(size)}"


def is_share(name: str) -> bool:
    """Whether the KPI *name* is read in per cent."""
    return name.rpartition(".")[2] in SHARES


def kpi_value(name: str, kpi: Mapping[str, Any]) -> str:
    """The value of a KPI as text with its unit."""
    value, unit = kpi["value"], str(kpi["unit"])
    if unit == "USD":
        return dollars(value)
    if is_share(name):
        return percent(value, significant=3)
    return quantity(value, unit)


def kpi_interval(name: str, kpi: Mapping[str, Any]) -> str:
    """The 95 % interval of a KPI, in the unit of its value; "" where there is none."""
    value, low, high = kpi["value"], kpi["low"], kpi["high"]
    if value is None or low is None or high is None:
        return ""
    if str(kpi["unit"]) == "USD":
        return _dollars_between(low, high)
    if is_share(name):  # Student's interval knows no bounds, a share does
        return between(100.0 * max(0.0, low), 100.0 * min(1.0, high), "%")
    shown = scale(value, str(kpi["unit"]))
    return between(low * shown.factor, high * shown.factor, shown.unit)


def between(low: float, high: float, unit: str = "") -> str:
    """An interval, with the digits that tell its ends apart.

    >>> between(1.470028, 1.470058), between(440.0, 440.0, "kWh")
    ('1.470028 to 1.470058', '440 kWh in every replication')
    """
    middle, half = (low + high) / 2, (high - low) / 2
    if half <= 1e-9 * abs(middle):
        return f"{digits(middle)} {unit}".strip() + " in every replication"
    decimals = _decimals(half)
    return f"{low:,.{decimals}f} to {high:,.{decimals}f} {unit}".strip()


def _decimals(half: float) -> int:
    """Decimals that show an interval's half width with two digits."""
    return min(6, max(0, 1 - math.floor(math.log10(half))))


def _dollars_between(low: float, high: float) -> str:
    if high - low <= 1e-9 * abs(high + low):
        return f"{dollars((low + high) / 2)} in every replication"
    cents = high >= 1 and f"{low:.2f}" != f"{high:.2f}"
    decimals = 2 if cents else _decimals((high - low) / 2)
    return f"${low:,.{decimals}f} to ${high:,.{decimals}f}"
