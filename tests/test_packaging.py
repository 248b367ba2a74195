"""The built wheel holds every subpackage and the shipped data, and works away from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
START = "import dcplan, sys; sys.stderr.write(dcplan.__file__); from dcplan.cli import main; main()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_it_holds_every_module_and_only_shipped_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(path.relative_to(ROOT / "sim")) for path in (ROOT / "sim").rglob("*.py")}
    assert modules <= names
    assert "dcplan/py.typed" in names
    data = {name for name in names if name.startswith("dcplan/_data/")}
    assert "dcplan/_data/scenarios/quickstart.yaml" in data
    for family in ("carbon", "compute", "cooling", "cost", "demand", "power", "tariff", "weather"):
        assert any(name.startswith(f"dcplan/_data/profiles/{family}/") for name in data), family
    assert not [name for name in data if "/profiles/local/" in name]
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"dcplan", next(top for top in tops if top.endswith(".dist-info"))}


def test_it_runs_a_shipped_scenario_away_from_the_repository(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    scenario = tmp_path / "site" / "dcplan" / "_data" / "scenarios" / "quickstart.yaml"
    settings = ["--set", "horizon=30 min", "--set", "warm_up=5 min", "--replications", "1", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", START, "run", str(scenario), *settings],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert str(tmp_path) in done.stderr
    assert done.returncode == 0, done.stderr
    assert '"pue"' in done.stdout
