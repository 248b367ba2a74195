from __future__ import annotations

import pytest
from pydantic import ValidationError

from dcplan.scenario.site import Site

ALL = {"place": "a", "grid": "b", "tariff": "c", "prices": "d"}


def test_a_site_names_four_profiles() -> None:
    assert Site.model_validate(ALL).model_dump() == ALL


@pytest.mark.parametrize("key", ALL)
def test_no_part_of_a_site_is_guessed(key: str) -> None:
    with pytest.raises(ValidationError, match=r"Field required"):
        Site.model_validate({name: value for name, value in ALL.items() if name != key})
