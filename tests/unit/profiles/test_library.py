from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from dcplan.errors import InputError
from dcplan.profiles.library import Library, default_library, shipped


def profile(root: Path, name: str, **header: object) -> Path:
    return tiny.write_header(root / "cost" / name, **header)


def test_the_nearest_folder_wins(tmp_path: Path) -> None:
    profile(tmp_path / "near", "a", year=2030)
    profile(tmp_path / "far", "a", year=2020)
    profile(tmp_path / "far", "b", year=2021)
    library = Library([tmp_path / "near", tmp_path / "far"])
    assert library.load("cost", "a").year == 2030
    assert library.load("cost", "b").year == 2021


def test_a_scenario_sees_named_then_environment_then_its_own_then_shipped_profiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("named", "environment", "beside/profiles", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setenv("DCPLAN_PROFILES", str(tmp_path / "environment"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    library = default_library(tmp_path / "beside", tmp_path / "named")
    assert library.roots == (
        tmp_path / "named",
        tmp_path / "environment",
        tmp_path / "beside" / "profiles",
        shipped("profiles").resolve(),
    )


def test_profiles_above_the_working_folder_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profiles" / "compute").mkdir(parents=True)
    (tmp_path / "scenarios" / "deep").mkdir(parents=True)
    monkeypatch.delenv("DCPLAN_PROFILES", raising=False)
    monkeypatch.chdir(tmp_path / "scenarios" / "deep")
    assert default_library().roots[0] == tmp_path / "profiles"


def test_a_named_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder '.*nope'; name a folder of profiles"):
        default_library(None, tmp_path / "nope")


def test_names_of_several_parts_are_found(profiles: Path) -> None:
    library = Library([profiles])
    assert library.names("compute") == ["tiny-slot/tiny"]
    assert library.load("compute", "tiny-slot/tiny").path == profiles / "compute" / "tiny-slot" / "tiny"


def test_families_are_those_that_hold_a_profile(tmp_path: Path) -> None:
    profile(tmp_path, "a")
    (tmp_path / "empty").mkdir()
    assert Library([tmp_path, tmp_path / "nowhere"]).families == ["cost"]


def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    profile(tmp_path, "us-2025")
    with pytest.raises(InputError, match=r"^there is no cost profile 'us-2052'; did you mean 'us-2025'\?$"):
        Library([tmp_path]).load("cost", "us-2052")


def test_a_name_far_from_all_is_answered_with_what_is_known(tmp_path: Path) -> None:
    profile(tmp_path, "a")
    profile(tmp_path, "b")
    with pytest.raises(InputError, match=r"known are a, b$"):
        Library([tmp_path]).load("cost", "zzzzzz")


def test_an_empty_family_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no cost profiles are installed"):
        Library([tmp_path]).load("cost", "a")


@pytest.mark.parametrize(
    "name", ["../secret", "a/../../secret", "/etc", "", ".", "a//b", "./a", "a/", "\0", "\n", "\ud800", "x" * 5000]
)
def test_a_name_never_leaves_its_family(name: str, tmp_path: Path) -> None:
    profile(tmp_path, "a")
    tiny.write_header(tmp_path / "secret")
    with pytest.raises(InputError, match=r"there is no cost profile"):
        Library([tmp_path]).load("cost", name)


def test_everything_that_was_asked_for_is_remembered(profiles: Path) -> None:
    library = Library([profiles])
    first = library.load("cost", "flat-prices")
    assert library.load("cost", "flat-prices") is first
    assert library.loaded == {("cost", "flat-prices"): first}


def test_a_name_that_several_profiles_begin_with_is_not_guessed(tmp_path: Path) -> None:
    for name in ("a/one", "a/two", "ab/three"):
        profile(tmp_path, name)
    with pytest.raises(InputError, match=r"there is no cost profile 'a'; it holds several: name one of a/one, a/two$"):
        Library([tmp_path]).load("cost", "a")
    with pytest.raises(InputError, match="did you mean 'ab/three'"):
        Library([tmp_path]).load("cost", "ab")


@pytest.mark.parametrize("missing", ["kind", "source", "year", "licence"])
def test_a_profile_without_a_source_is_refused(missing: str, tmp_path: Path) -> None:
    folder = profile(tmp_path, "a")
    lines = (folder / "profile.yaml").read_text().splitlines()
    (folder / "profile.yaml").write_text("\n".join(line for line in lines if not line.startswith(missing)))
    with pytest.raises(InputError, match=f"the profile does not say its {missing}; add it: every number has a source"):
        Library([tmp_path]).load("cost", "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a profile"),
        ("5", "is not a profile"),
        ("- kind", "is not a profile"),
        ("kind source year licence", "is not a profile"),
        ("values: 5", "is not a profile"),
        ("[", "cannot be read"),
        ("a: 2025-13-45", "cannot be read"),
        ("a: !!python/object:os.system {}", "cannot be read"),
        ("{kind: guessed, source: a, year: 2025, licence: b}", "kind: 'guessed' is none of measured, datasheet"),
        ("{kind: [], source: a, year: 2025, licence: b}", "is none of measured"),
    ],
)
def test_a_broken_header_is_told_with_its_file(text: str, said: str, tmp_path: Path) -> None:
    folder = profile(tmp_path, "a")
    (folder / "profile.yaml").write_text(text)
    with pytest.raises(InputError, match=said) as raised:
        Library([tmp_path]).load("cost", "a")
    assert str(folder / "profile.yaml") in str(raised.value)


def test_a_header_says_what_the_report_repeats(tmp_path: Path) -> None:
    profile(tmp_path, "a", source="one\n two", description=" three\nfour ", unverified=True, year="2024")
    found = Library([tmp_path]).load("cost", "a")
    assert (found.kind, found.source, found.description) == ("synthetic", "one two", "three four")
    assert (found.year, found.licence, found.unverified) == (2024, "none", True)


def test_the_digest_changes_with_any_file(tmp_path: Path) -> None:
    folder = profile(tmp_path, "a")
    before = Library([tmp_path]).load("cost", "a").digest
    assert Library([tmp_path]).load("cost", "a").digest == before
    (folder / "table.csv").write_text("a\n")
    assert Library([tmp_path]).load("cost", "a").digest != before


def test_a_table_that_is_missing_is_told(tmp_path: Path) -> None:
    profile(tmp_path, "a")
    with pytest.raises(InputError, match=r"the profile has no file 'hours.csv'; restore it or measure again"):
        Library([tmp_path]).load("cost", "a").table("hours.csv")
