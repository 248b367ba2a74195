"""One item of the bill in every month of a run, and one line of one month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.economics.meter import FloatArray
from dcplan.profiles.charges import Kind


@dataclass(frozen=True)
class Item:
    """What is paid for, month by month.

    Attributes:
        name: As it stands on the bill.
        kind: What kind of thing it is.
        quantity: How much is billed, [m]; of demand and fees that of the whole month.
        unit: Of the quantity.
        usd: What it costs [USD], [m], negative if it is a credit.
        share: Share of the month that is paid for [-], [m]; None for what is counted, such as energy.
    """

    name: str
    kind: Kind
    quantity: FloatArray
    unit: str
    usd: FloatArray
    share: FloatArray | None = None

    def line(self, month: int, label: str) -> Line:
        """The line of one *month*, which is called *label*."""
        share = 1.0 if self.share is None else float(self.share[month])
        return Line(label, self.name, self.kind, float(self.quantity[month]), self.unit, share, float(self.usd[month]))


def by_month(name: str, kind: Kind, price_usd: float, share: FloatArray, quantity: FloatArray, unit: str) -> Item:
    """An item of a price per unit and month, of which the covered *share* is paid."""
    return Item(name, kind, quantity, unit, share * quantity * price_usd, share)


def by_unit(name: str, kind: Kind, price_usd: float, quantity: FloatArray, unit: str = "kWh") -> Item:
    """An item of a price per unit that is counted."""
    return Item(name, kind, quantity, unit, quantity * price_usd)


@dataclass(frozen=True)
class Line:
    """One line of one month's bill; see `Item`."""

    month: str
    item: str
    kind: Kind
    quantity: float
    unit: str
    share: float
    usd: float


def of_kinds(items: list[Item], kinds: tuple[Kind, ...], months: int) -> FloatArray:
    """Sum of the items of some *kinds* [USD], [m]."""
    return sum((item.usd for item in items if item.kind in kinds), np.zeros(months))
