"""What the lines of a cost are called, and which of them are bought, which run, and which are metered."""

from __future__ import annotations

SERVERS = "servers"
NETWORK = "network"
BUILDING = "building and plant"
LAND = "land"
BOUGHT = (SERVERS, NETWORK, BUILDING, LAND)
"""Charged as annuities of their price."""

IT_MAINTENANCE = "maintenance of servers and network"
FACILITY_MAINTENANCE = "maintenance of the building"
STAFF = "staff"
PROPERTY_TAX = "property tax"
INSURANCE = "insurance"
RUNNING = (IT_MAINTENANCE, FACILITY_MAINTENANCE, STAFF, PROPERTY_TAX, INSURANCE)
"""Paid every year, used or not."""

CARBON_PRICE = "carbon price"

COLOCATION_RENT = "rent of room, power and cooling"
CLOUD_RENT = "rent of accelerators"

BUILD, COLOCATION, CLOUD = "build", "colocation", "cloud"
"""Ways to have a data centre."""


UPKEEP = ", upkeep"
"""End of the name of what it costs to keep something that was bought."""


def runs(item: str) -> bool:
    """Whether *item* is paid every year, used or not."""
    return item in RUNNING or item.endswith(UPKEEP)


def on_site(name: str) -> str:
    """What sun, wind or battery, called *name*, is called in the costs."""
    return f"energy on site: {name}"


def is_metered(item: str) -> bool:
    """Whether *item* is used up as a meter tells, like electricity, water and the carbon of both."""
    return item.startswith("electricity") or item in {"water", CARBON_PRICE}
