from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcplan.scenario.fleet import Servers


def test_servers_need_no_rack() -> None:
    assert Servers.model_validate({"server": "s", "count": 2}).rack is None


def test_a_rack_has_a_size_and_a_limit() -> None:
    rack = Servers.model_validate({"server": "s", "count": 2, "rack": {"size": 20, "limit": "12 kW"}}).rack
    assert rack is not None
    assert (rack.size, rack.limit) == (20, 12_000.0)


@pytest.mark.parametrize("count", [0, -1, 2.0, "2"])
def test_servers_are_counted_in_whole_numbers(count: object) -> None:
    with pytest.raises(ValidationError):
        Servers.model_validate({"server": "s", "count": count})
