"""The command line as a user meets it: exit codes, what is printed where, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dcplan import cli
from dcplan.kpis.definitions import listed

Command = Callable[..., tuple[int, str, str]]

SMALL = """\
name: small
horizon: 10 min
warm_up: 1 min
replications: 2
endpoints:
  chat:
    service: {kind: lognormal, mean: 40 ms, cv: 0.3}
    replicas: 2
    batching: {max_batch: 4, max_delay: 5 ms}
    demand: {kind: poisson, rate: 20 /s}
    slo: {p99: 250 ms}
"""


@pytest.fixture
def dcplan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Run a command in an empty folder; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dcplan", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_run_prints_a_table_and_the_path_of_a_report(dcplan: Command, small: Path) -> None:
    code, out, _ = dcplan("run", str(small))
    assert code == 0
    assert "latency" in out
    report = Path(out.rpartition("report: ")[2].strip())
    assert report.is_file()
    assert {path.name for path in report.parent.iterdir()} == {
        "report.html", "kpis.json", "manifest.json", "scenario.resolved.yaml", "tables",
    }  # fmt: skip


def test_json_is_the_only_thing_on_standard_output_and_the_same_every_time(dcplan: Command, small: Path) -> None:
    first = dcplan("run", str(small), "--json", "--seed", "1", "--workers", "1")
    second = dcplan("run", str(small), "--json", "--seed", "1", "--workers", "2")
    assert first[0] == 0
    assert first[1] == second[1]
    kpis = json.loads(first[1])
    assert kpis["schema"] == 1
    assert kpis["scenario"] == "small"
    latency = kpis["kpis"]["endpoints.chat.latency_p99_s"]
    assert latency["unit"] == "s"
    assert latency["low"] < latency["value"] < latency["high"]


def test_another_seed_gives_other_numbers_in_another_folder(dcplan: Command, small: Path, tmp_path: Path) -> None:
    first = dcplan("run", str(small), "--json", "--seed", "1")
    second = dcplan("run", str(small), "--json", "--seed", "2")
    assert first[1] != second[1]
    assert len(list((tmp_path / "reports" / "small").iterdir())) == 2


def test_set_changes_a_key(dcplan: Command, small: Path) -> None:
    _, out, _ = dcplan("run", str(small), "--json", "--set", "endpoints.chat.replicas=8", "--replications", "1")
    kpis = json.loads(out)["kpis"]
    assert kpis["endpoints.chat.utilisation"]["value"] < 0.2
    assert kpis["endpoints.chat.utilisation"]["low"] is None


def test_quiet_prints_nothing(dcplan: Command, small: Path) -> None:
    assert dcplan("run", str(small), "--quiet") == (0, "", "")


def test_check_accepts_a_good_file_and_lists_every_problem_of_a_bad_one(dcplan: Command, small: Path) -> None:
    assert dcplan("check", str(small))[0] == 0
    small.write_text(SMALL.replace("40 ms", "40").replace("replicas: 2", "replica: 2"), encoding="utf-8")
    code, out, err = dcplan("check", str(small))
    assert code == 2
    assert out == ""
    lines = err.splitlines()
    assert [line.split(":")[1] for line in lines] == ["6", "7", "8"]
    assert "replicas: this key is required" in lines[0]
    assert "a bare number has no unit; write e.g. '2 ms'" in lines[1]
    assert "unknown key; did you mean 'replicas'?" in lines[2]


def test_a_missing_file_is_one_sentence(dcplan: Command) -> None:
    code, _, err = dcplan("run", "nowhere.yaml")
    assert code == 2
    assert err.count("\n") == 1
    assert "there is no such file" in err


def test_an_output_folder_that_is_a_file_is_one_sentence(dcplan: Command, small: Path) -> None:
    code, _, err = dcplan("run", str(small), "--out", str(small))
    assert code == 2
    assert "Traceback" not in err


def test_a_run_goes_on_where_it_was_interrupted(dcplan: Command, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dcplan.studies import replicate

    whole = dcplan("run", str(small), "--json", "--out", "whole")[1]
    simulate = replicate.simulate
    done: list[int] = []

    def interrupted(plan: object, number: int, progress: object) -> object:
        if number == 1 and 1 not in done:
            done.append(1)
            raise KeyboardInterrupt
        done.append(number)
        return simulate(plan, number, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(replicate, "simulate", interrupted)
    code, out, err = dcplan("run", str(small), "--json", "--workers", "1", "--out", "cut")
    assert (code, out) == (130, "")
    assert "goes on with the rest" in err
    code, out, _ = dcplan("run", str(small), "--json", "--workers", "1", "--out", "cut")
    assert (code, out) == (0, whole)
    assert done == [0, 1, 1]


def test_new_writes_a_scenario_that_is_valid_and_never_overwrites(dcplan: Command) -> None:
    assert dcplan("new", "my-room")[0] == 0
    assert dcplan("check", "my-room.yaml")[0] == 0
    code, _, err = dcplan("new", "my-room")
    assert code == 2
    assert "exists already" in err
    assert dcplan("new", "../x")[0] == 2


@pytest.mark.parametrize("what", ["profiles", "sites", "scenarios", "policies", "kpis"])
def test_list_prints_a_line_per_thing(dcplan: Command, what: str) -> None:
    code, out, _ = dcplan("list", what)
    assert code == 0
    assert len(out.splitlines()) >= 1


def test_list_kpis_prints_every_name_with_unit_and_meaning(dcplan: Command) -> None:
    lines = dcplan("list", "kpis")[1].splitlines()
    assert [line.split()[0] for line in lines] == [kpi.name for kpi in listed()]


def test_report_is_written_again_from_the_tables(dcplan: Command, small: Path) -> None:
    report = Path(dcplan("run", str(small))[1].rpartition("report: ")[2].strip())
    before = report.read_bytes()
    report.unlink()
    assert dcplan("report", str(report.parent))[0] == 0
    assert report.read_bytes() == before
    assert dcplan("report", str(small.parent))[0] == 2


def test_a_machine_with_several_workloads_is_not_guessed(dcplan: Command) -> None:
    code, _, err = dcplan("profile", "show", "epyc-2-vcpu")
    assert code == 2
    assert "'epyc-2-vcpu'; it holds several: name one of epyc-2-vcpu/bert-base, epyc-2-vcpu/cnn-cifar10" in err


def test_every_command_shows_an_example(dcplan: Command) -> None:
    single = (["run"], ["check"], ["list"], ["new"], ["schema"], ["profile"], ["report"])
    within = (["profile", "show"], ["profile", "compare"], ["profile", "validate"], ["verify", "theory"],
              ["verify", "facility"], ["verify", "host"], ["bench", "serving"],
              ["bench", "facility"])  # fmt: skip
    for command in (*single, *within):
        code, out, _ = dcplan(*command, "--help")
        assert code == 0
        assert "Example: dcplan" in out


def test_unknown_commands_and_options_end_with_two(dcplan: Command) -> None:
    assert dcplan("simulate")[0] == 2
    assert dcplan("run", "x.yaml", "--sed", "1")[0] == 2


def test_help_loads_no_heavy_library() -> None:
    heavy = ("torch", "plotly", "pvlib", "pandas", "scipy", "numba", "simpy", "pint")
    code = f"import sys; import dcplan.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
