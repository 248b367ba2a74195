"""The layers hold, every file says what it is for, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from dcplan.engine import cooling
from dcplan.scenario.cooling import Cooling
from dcplan.scenario.demand import Constant, Demand, Diurnal, Gamma, Mmpp, Poisson
from dcplan.scenario.service import Service
from dcplan.workload.arrivals import arrivals
from dcplan.workload.service import unit_mean_draws

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "sim" / "dcplan"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@each_module
def test_a_module_opens_with_one_sentence_that_says_what_it_is_for(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert text, "there is no docstring"
    first = text.split("\n\n")[0]
    assert first.endswith((".", ":")), first
    assert len(first) <= 240, first


@each_module
def test_no_module_is_a_drawer_for_everything(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc", "tools", "manager"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(SOURCE.parent).as_posix())
def test_a_package_says_what_it_answers_and_does_nothing_else(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    allowed = (ast.Expr, ast.ImportFrom, ast.Assign)
    assert all(isinstance(node, allowed) for node in tree.body)


@each_module
def test_nothing_is_kept_at_module_level_that_can_change(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Global)]


def loaded_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after *code*."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"],
        cwd=ROOT / "sim",
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


HEAVY = {"torch", "plotly", "pvlib", "pandas", "numpy", "numba", "scipy", "scipy.stats", "simpy", "pint", "pyarrow"}


def test_importing_dcplan_loads_nothing_heavy() -> None:
    assert not loaded_after("import dcplan") & HEAVY


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = (
        "from typer.testing import CliRunner\nimport dcplan.cli\nCliRunner().invoke(dcplan.cli.app, ['run', '--help'])"
    )
    assert not loaded_after(code) & HEAVY


def test_a_run_loads_neither_torch_nor_plotly() -> None:
    code = "import dcplan.studies.replicate, dcplan.engine.resolve, dcplan.scenario.load, dcplan.kpis.interval"
    assert not loaded_after(code) & {"torch", "plotly", "scipy.stats"}


def kinds(union: Any) -> dict[str, Any]:
    """The specs of a union by their `kind`."""
    specs = get_args(get_args(union)[0])
    return {get_args(spec.model_fields["kind"].annotation)[0]: spec for spec in specs}


EXAMPLES: dict[str, dict[str, Any]] = {
    "constant": {"rate": "1 /s"},
    "poisson": {"rate": "1 /s"},
    "gamma": {"rate": "1 /s", "cv": 0.5},
    "mmpp": {"rates": ["1 /s", "2 /s"], "dwell": ["1 s", "1 s"]},
    "diurnal": {"mean": "1 /s", "daily": list(range(24))},
    "trace": {"file": "t.csv"},
    "closed": {"users": 3, "think": "1 s"},
    "deterministic": {"mean": "1 s"},
    "exponential": {"mean": "1 s"},
    "lognormal": {"mean": "1 s", "cv": 0.5},
    "erlang": {"mean": "1 s", "shape": 3},
    "hyperexponential": {"mean": "1 s", "cv": 2.0},
}


@pytest.mark.parametrize("kind", [kind for kind in kinds(Demand) if kind != "pipelines"])
def test_every_kind_of_demand_makes_requests_of_its_own(kind: str) -> None:
    import numpy as np

    from dcplan.workload.arrivals import Recorded

    spec: Any = TypeAdapter(Demand).validate_python({"kind": kind} | EXAMPLES[kind])
    assert type(spec) in {*kinds(Demand).values()}
    recorded = Recorded(stamps_s=np.array([1.0]))
    assert len(next(iter(arrivals(spec, np.random.default_rng(1), 100.0, recorded=recorded))))


def test_no_two_kinds_of_demand_are_the_same() -> None:
    import numpy as np

    first = {}
    for kind in ("constant", "poisson", "gamma", "mmpp", "diurnal"):
        spec: Any = TypeAdapter(Demand).validate_python({"kind": kind} | EXAMPLES[kind])
        assert isinstance(spec, Constant | Poisson | Gamma | Mmpp | Diurnal)
        first[kind] = float(next(iter(arrivals(spec, np.random.default_rng(1), 100.0)))[0])
    assert len(set(first.values())) == len(first)


def test_every_kind_of_service_has_draws_of_its_own() -> None:
    import numpy as np

    first = set()
    for kind in kinds(Service):
        spec: Any = TypeAdapter(Service).validate_python({"kind": kind} | EXAMPLES[kind])
        first.add(float(unit_mean_draws(spec, np.random.default_rng(1), 5)[-1]))
    assert len(first) == len(kinds(Service))


def test_every_kind_of_cooling_has_a_plant() -> None:
    designed = {spec.__name__ for spec in get_args(cooling.Spec)}
    assert designed == {spec.__name__ for spec in kinds(Cooling).values()}
