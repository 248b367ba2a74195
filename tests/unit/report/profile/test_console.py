"""Measured profiles in the terminal."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

import measured
from dcplan.errors import InputError
from dcplan.profiles.library import shipped
from dcplan.profiles.validate import profile_folders
from dcplan.report.profile.console import compare, show, verdict


def printed(what: RenderableType, width: int = 140) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width).print(what)
    return stream.getvalue()


def profile(root: Path, name: str = "net", **settings: Any) -> Path:
    return measured.write_profile(root / "compute" / "abacus" / name, **settings)


def test_every_point_is_shown_with_its_verdict(tmp_path: Path) -> None:
    text = printed(show(profile(tmp_path)))
    assert "net on abacus" in text
    assert "Inference" in text
    assert "460 µs ±3.0 %" in text
    assert "UNSTABLE: interval ±9.8% of the mean" in text
    assert "Energy is not known (source of power: no meter)" in text
    assert "energy/sample" not in text


def test_metered_energy_has_a_column_and_modelled_says_so(tmp_path: Path) -> None:
    assert "energy/sample " in printed(show(profile(tmp_path, "a", source="rapl")))
    assert "energy/sample (model)" in printed(show(profile(tmp_path, "b", source="model")), 180)


def test_ways_tokens_and_context_have_columns_where_they_differ(tmp_path: Path) -> None:
    text = printed(show(profile(tmp_path, tasks={"decode": (1, 2)}, axes={"decode": [(0, 128), (0, 512)]})))
    assert "context" in text
    assert "tokens" not in text
    assert "int8" in printed(show(profile(tmp_path, "b", variants=({}, {"precision": "int8"}))))


@pytest.mark.parametrize("folder", profile_folders(shipped("profiles")), ids=lambda folder: folder.name)
def test_every_shipped_profile_can_be_shown(folder: Path) -> None:
    shown = show(folder)
    for width in (60, 200):
        assert len(printed(shown, width).splitlines()) > 3


def test_names_are_no_markup(tmp_path: Path) -> None:
    assert "[red]net[/red]" in printed(show(profile(tmp_path, workload="[red]net[/red]")))


def test_a_folder_that_holds_no_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no profile\.yaml; name the folder of a profile"):
        show(tmp_path)


def test_the_same_profile_twice_is_the_same(tmp_path: Path) -> None:
    folder = profile(tmp_path)
    text = printed(compare([folder, folder]))
    assert "measured under the same conditions" in text
    assert "faster" not in text
    assert "slower" not in text
    assert "1.000" in text


def test_slower_and_faster_are_told_apart(tmp_path: Path) -> None:
    one, two = profile(tmp_path, "a"), profile(tmp_path, "b", slower=1.5)
    assert "1.500   slower" in printed(compare([one, two]))
    assert "0.667   faster" in printed(compare([two, one]))
    assert "not comparable: INVALID" in printed(compare([one, two]))


def test_conditions_that_differ_are_named(tmp_path: Path) -> None:
    one = profile(tmp_path, "a")
    conditions = measured.read_header(one)["conditions"] | {"threads": 4, "contended": True}
    two = profile(tmp_path, "b", software={"torch": "2.14"}, sku="other", conditions=conditions)
    text = printed(compare([one, two]))
    assert "software.torch: 2.14 here, 2.13.0+cpu in the first" in text
    assert "conditions.threads: 4 here, 2 in the first" in text
    assert "conditions.contended: True here, False in the first" in text
    assert "sku: other here, abacus in the first" in text


def test_points_that_only_one_has_are_counted(tmp_path: Path) -> None:
    one, two = profile(tmp_path, "a", tasks={"infer": (1, 2)}), profile(tmp_path, "b", tasks={"infer": (1, 2, 4, 8)})
    assert "points only in b on abacus" in printed(compare([one, two]))
    nothing = profile(tmp_path, "c", tasks={"train": (7,)})
    assert "no point was measured in both" in printed(compare([one, nothing]))


def test_the_usual_way_is_matched_whatever_it_is(tmp_path: Path) -> None:
    one = profile(tmp_path, "a", tasks={"train": (8,)})
    usual = measured.read_header(one)["conditions"] | {"threads": 4}
    two = profile(tmp_path, "b", tasks={"train": (8,)}, variants=({"threads": 4},), conditions=usual)
    assert "same within intervals" in printed(compare([one, two]))


def test_one_profile_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least two"):
        compare([profile(tmp_path)])


@pytest.mark.parametrize(
    ("low", "high", "word", "said"),
    [
        (0.9, 1.1, "VALID", "same within intervals"),
        (1.1, 1.3, "VALID", "same within intervals"),
        (1.2, 1.4, "UNSTABLE", "slower"),
        (0.5, 0.8, "VALID", "faster"),
        (0.5, 0.8, "INVALID", "not comparable: INVALID"),
    ],
)
def test_intervals_that_overlap_are_the_same(low: float, high: float, word: str, said: str) -> None:
    first = {"time_low_s": 0.9, "time_mean_s": 1.0, "time_high_s": 1.1, "word": "VALID"}
    other = {"time_low_s": low, "time_mean_s": (low + high) / 2, "time_high_s": high, "word": word}
    assert verdict(first, other) == said
