"""Whatever is in a scenario file, the answer is a scenario or a list of problems, never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcplan.engine.plan import Plan
from dcplan.engine.resolve import resolve
from dcplan.errors import InputError, ScenarioError
from dcplan.profiles.library import default_library
from dcplan.scenario.load import load
from scenarios.cases import CASES, VALID, Case, changed, write


def read(path: Path, sets: tuple[str, ...] = ()) -> Plan:
    return resolve(load(path, sets), default_library(path.parent))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_scenario_is_told_what_is_wrong_and_where(case: Case, tmp_path: Path, profiles: Path) -> None:
    path = write(case, tmp_path, profiles)
    with pytest.raises(ScenarioError) as raised:
        read(path, case.settings)
    found = [problem for problem in raised.value.problems if case.expected in str(problem)]
    assert found, f"{case.expected!r} is not in:\n{raised.value}"
    assert found[0].line == case.line
    assert len(raised.value.problems) == case.problems, str(raised.value)
    assert len(str(raised.value).splitlines()) == case.problems
    str(raised.value).encode()


def test_the_scenario_that_the_broken_ones_are_made_of_is_valid(tmp_path: Path, profiles: Path) -> None:
    read(write(Case("valid", VALID, ""), tmp_path, profiles))


def test_every_case_has_its_own_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_all_problems_are_reported_at_once_sorted_by_line(tmp_path: Path) -> None:
    text = VALID
    for old, new in (
        ("horizon: 2 h", "horizon: 2"),
        ("count: 3", "count: none"),
        ("max_delay: 5 ms", "max_delay: 5 kW"),
        ("grid:", "gird:"),
        ("limit: 10 kW", "limit: -10 kW"),
    ):
        text = changed(old, new, text)
    path = tmp_path / "five.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as raised:
        load(path)
    told = [str(problem).removeprefix(f"{path}:") for problem in raised.value.problems]
    assert [line.split(": ")[:2] for line in told] == [
        ["2", "horizon"],
        ["6", "fleet.node.count"],
        ["12", "endpoints.web.batching.max_delay"],
        ["17", "site.gird"],
        ["17", "site.grid"],
        ["21", "facility.power.utility.limit"],
    ]
    assert told[3] == "17: site.gird: unknown key; did you mean 'grid'?"


def test_all_that_the_profiles_do_not_have_is_reported_at_once(tmp_path: Path, profiles: Path) -> None:
    text = VALID
    for name in ("tiny-server", "flatland", "flat-grid", "flat-tariff", "flat-prices"):
        text = changed(name, f"no-{name}", text)
    path = write(Case("five", text, ""), tmp_path, profiles)
    with pytest.raises(ScenarioError) as raised:
        read(path)
    assert [(problem.line, problem.path) for problem in raised.value.problems] == [(6, "fleet.node.server")] + [
        (17, f"site.{key}") for key in ("grid", "place", "prices", "tariff")
    ]


def test_html_in_a_name_is_a_name(tmp_path: Path, profiles: Path) -> None:
    text = changed("name: measured", 'name: "<script>alert(1)</script>"')
    assert read(write(Case("html", text, ""), tmp_path, profiles)).scenario.name == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "rewritten",
    [
        pytest.param(VALID.replace("\n", "\r\n").encode(), id="line ends of Windows"),
        pytest.param(b"\xef\xbb\xbf" + VALID.encode(), id="a byte order mark"),
        pytest.param(f"%YAML 1.2\n---\n{VALID}...\n".encode(), id="explicit start and end"),
        pytest.param(VALID.rstrip("\n").encode(), id="no last line end"),
    ],
)
def test_the_same_text_in_another_dress_is_the_same_scenario(rewritten: bytes, tmp_path: Path) -> None:
    plain, other = tmp_path / "plain.yaml", tmp_path / "other.yaml"
    plain.write_text(VALID)
    other.write_bytes(rewritten)
    assert load(other).scenario == load(plain).scenario


def survives(text: bytes, folder: Path) -> None:
    """Reading *text* ends with a plan or with a message of its own."""
    path = folder / f"{random.Random(text).getrandbits(64):x}.yaml"
    path.write_bytes(text)
    try:
        read(path)
    except InputError as error:
        str(error).encode()
    finally:
        path.unlink()


fuzz = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(st.binary(max_size=200))
def test_random_bytes_never_end_in_a_traceback(tmp_path: Path, content: bytes) -> None:
    survives(content, tmp_path)


@fuzz
@given(st.text(alphabet=st.sampled_from("a:-[]{}&*!|>'\"#%@`,?\n\t 0.~<="), max_size=60))
def test_random_punctuation_never_ends_in_a_traceback(tmp_path: Path, content: str) -> None:
    survives(content.encode(), tmp_path)
    survives((VALID + content).encode(), tmp_path)


LINES = VALID.splitlines()

GARBAGE = st.one_of(
    st.sampled_from(
        [
            "",
            "null",
            "[]",
            "{}",
            "-1",
            "1e400",
            ".nan",
            "true",
            "''",
            "0 s",
            "1e-300 W",
            "-5 degC",
            "9" * 50,
            "2 /s",
            "*a",
        ]
    ),
    st.text(max_size=12),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The valid scenario with some lines deleted, doubled, moved or with another value."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "double", "indent", "value", "cut", "swap"])):
            case "delete":
                del lines[place]
            case "double":
                lines.insert(place, lines[place])
            case "indent":
                lines[place] = " " * draw(st.integers(1, 6)) + lines[place].lstrip()
            case "value":
                key, _, _ = lines[place].partition(":")
                lines[place] = f"{key}: {draw(GARBAGE)}"
            case "cut":
                lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[place], lines[other] = lines[other], lines[place]
    return "\n".join(lines)


@settings(fuzz, max_examples=150)
@given(mutated())
def test_a_garbled_scenario_never_ends_in_a_traceback(tmp_path: Path, profiles: Path, text: str) -> None:
    beside = tmp_path / "profiles"
    if not beside.exists():
        beside.symlink_to(profiles)
    survives(text.encode("utf-8", "surrogatepass"), tmp_path)


@fuzz
@given(st.text(max_size=30), GARBAGE)
def test_a_random_setting_never_ends_in_a_traceback(tmp_path: Path, path: str, value: str) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(VALID)
    for setting in (path, f"{path}={value}", f"endpoints.web.{path}={value}", f"endpoints.web.replicas={value}"):
        try:
            load(scenario, (setting,))
        except InputError as error:
            str(error).encode()
