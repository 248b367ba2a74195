"""All that is known from elsewhere is met."""

from __future__ import annotations

from dcplan.profiles.library import default_library
from dcplan.validation.site.checks import checks


def test_every_check_holds() -> None:
    assert [check.name for check in checks(default_library()) if not check.ok] == []
