"""The command line. Heavy libraries are imported inside the commands that need them, so that --help is instant.

Exit codes: 0 done; 1 it ran and an objective or a verification failed; 2 bad input or usage; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from dcplan.errors import DcplanError, InputError, InterruptedRunError

if TYPE_CHECKING:
    from dcplan.engine.plan import Plan
    from dcplan.results.store import Run
    from dcplan.validation.bench.result import Result
    from dcplan.validation.check import Check

app = typer.Typer(
    help="Plan AI data centres: simulate workload, servers, power, cooling and money in one run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class _Measuring(TyperGroup):
    """Commands about profiles, of which `measure` need not be named: `dcplan profile --workload cnn-cifar10`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `measure` in front of options that belong to it."""
        named = not args or args[0] in ("--help", *self.commands)
        return super().parse_args(ctx, args if named else ["measure", *args])


profile = typer.Typer(
    cls=_Measuring,
    help="Measure this machine, and read what was measured. Example: dcplan profile --workload cnn-cifar10 --quick",
    no_args_is_help=True,
)
verify = typer.Typer(help="Check dcplan against theory and measurements.", no_args_is_help=True)
bench = typer.Typer(
    help="Measure how fast dcplan is on this machine, side by side with plain SimPy.", no_args_is_help=True
)
app.add_typer(profile, name="profile")
app.add_typer(verify, name="verify")
app.add_typer(bench, name="bench")

PIPED_WIDTH = 120
"""Columns of a table that is not printed to a terminal."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="Scenario file (YAML).")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a key, e.g. endpoints.vision.replicas=8."),
]
Profiles = Annotated[
    Path | None, typer.Option("--profiles", metavar="DIR", help="Folder of profiles to look in first.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")]


@app.command()
def run(
    file: File,
    settings: Settings = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random streams.")] = None,
    replications: Annotated[int | None, typer.Option(help="Independent repetitions.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Replications at a time; all cores unless said otherwise.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where runs are kept.")] = Path("reports"),
    profiles: Profiles = None,
    json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Simulate a scenario and write its report.

    Example: dcplan run scenarios/quickstart.yaml --set endpoints.vision.replicas=200 --replications 10
    """
    plan = _plan(file, _all_settings(settings, seed, replications), profiles)
    from dcplan.report import page
    from dcplan.results import store
    from dcplan.studies.replicate import folder

    result = _simulate(plan, workers, out, show=not (quiet or json))
    report = page.write(result, folder(plan, out))
    if json:
        sys.stdout.write(store.to_json(result.kpis))
    elif not quiet:
        _show(result, report)


@app.command()
def check(file: File, settings: Settings = None, profiles: Profiles = None) -> None:
    """Say everything that is wrong with a scenario, with file and line; run nothing.

    Example: dcplan check scenarios/quickstart.yaml
    """
    _plan(file, settings or [], profiles)
    typer.echo(f"{file}: ok")


class What(StrEnum):
    """What can be listed."""

    profiles = "profiles"
    sites = "sites"
    scenarios = "scenarios"
    policies = "policies"
    kpis = "kpis"


@app.command("list")
def list_(what: Annotated[What, typer.Argument(help="What to list.")], profiles: Profiles = None) -> None:
    """List what is known: profiles, sites, scenarios, policies or KPIs.

    Example: dcplan list profiles
    """
    from dcplan.report import listing

    for line in listing.lines(what.value, profiles):
        typer.echo(line)


@app.command()
def new(name: Annotated[str, typer.Argument(help="Name of the scenario; the file is NAME.yaml.")]) -> None:
    """Write a scenario to start from.

    Example: dcplan new my-room && dcplan run my-room.yaml
    """
    from dcplan.scenario.template import write_new

    typer.echo(f"wrote {write_new(name, Path.cwd())}; change it, then: dcplan run {name}.yaml")


@app.command()
def schema() -> None:
    """Print the JSON schema of scenario files, for editors.

    Example: dcplan schema > schema.json
    """
    from dcplan.scenario.schema import schema_text

    sys.stdout.write(schema_text())


@profile.command(
    "measure", context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
)
def measure(context: typer.Context) -> None:
    """Measure workloads by really running them in torch, or the machine; `measure` itself may be left out.

    Example: dcplan profile --workload cnn-cifar10 --quick
    """
    from dcplan.profiling.__main__ import main as measure

    code = measure(context.args, prog="dcplan profile")
    if code:
        raise typer.Exit(code)


Paths = Annotated[list[str], typer.Argument(metavar="PROFILE...", help="Folder, or name such as epyc-2-vcpu/resnet50.")]


@profile.command()
def show(
    names: Paths, html: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a page for browsers.")] = None
) -> None:
    """Show what was measured, and how sure that is.

    Example: dcplan profile show epyc-2-vcpu/cnn-cifar10 --html reports
    """
    from dcplan.report.profile import console, page

    for folder in map(_profile_folder, names):
        _print(console.show(folder))
        if html is not None:
            typer.echo(f"wrote {page.write_profile_page(folder, html)}")


@profile.command()
def compare(names: Paths) -> None:
    """Compare measurements of the same workload, point by point, with their intervals.

    Example: dcplan profile compare epyc-2-vcpu/cnn-cifar10 my-profiles/compute/epyc-2-vcpu/cnn-cifar10
    """
    from dcplan.report.profile import console

    if len(names) < 2:
        raise InputError("one profile cannot be compared", "name two or more")
    _print(console.compare([_profile_folder(name) for name in names]))


@profile.command()
def validate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[PROFILE]...", help="All that are seen if none.")
    ] = None,
) -> None:
    """Check that profiles are complete, consistent and unchanged since they were written; exit 1 if not.

    Example: dcplan profile validate
    """
    from dcplan.profiles.library import default_library
    from dcplan.profiles.validate import problems, profile_folders

    folders = [_profile_folder(name) for name in names or ()]
    folders = folders or [folder for root in default_library().roots for folder in profile_folders(root)]
    found = [problem for folder in folders for problem in problems(folder)]
    if found:
        _end(1, "\n".join(found))
    typer.echo(f"all {len(folders)} profiles are valid" if len(folders) > 1 else "the profile is valid")


@verify.command()
def theory(
    json: Json = False,
    seed: Annotated[int, typer.Option(help="Seed of the simulated queues.")] = 1,
) -> None:
    """Simulated queues against closed forms of queueing theory; exit 1 on a miss.

    Example: dcplan verify theory
    """
    from dcplan.validation.theory import checks

    _judge(checks(seed), json)


@verify.command("facility")
def verify_facility(json: Json = False) -> None:
    """The building against published numbers: curves, machines, whole data centres; exit 1 on a miss.

    Example: dcplan verify facility
    """
    from dcplan.profiles.library import default_library
    from dcplan.validation.facility.checks import checks

    _judge(checks(default_library()), json)


@verify.command("site")
def verify_site(json: Json = False) -> None:
    """Money, energy on site and availability against what is known from elsewhere; exit 1 on a miss.

    Example: dcplan verify site
    """
    from dcplan.profiles.library import default_library
    from dcplan.validation.site.checks import checks

    _judge(checks(default_library()), json)


@verify.command()
def host(
    quick: Annotated[bool, typer.Option("--quick", help="Under two minutes: few runs, no repeats.")] = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write.")] = Path("reports"),
    meter: Annotated[str, typer.Option(help="What tells the energy: auto, rapl, wall, model or none.")] = "auto",
    wall_csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Readings of a wall meter.")] = None,
    cpu_tdp: Annotated[tuple[float, float] | None, typer.Option(metavar="LOW HIGH", help="For the model [W].")] = None,
    slo: Annotated[
        str, typer.Option(help="Seek the most requests per second with p99 within this, e.g. '50 ms'.")
    ] = "",
    json: Json = False,
) -> None:
    """Predict how a real server on this machine behaves, then measure it, and publish the error; exit 1 on a miss.

    Example: dcplan verify host --quick
    """
    from dcplan.profiling.meters.choose import choose
    from dcplan.report.host import console
    from dcplan.report.host.page import write_host_page
    from dcplan.report.progress import Bar
    from dcplan.results.store import to_json
    from dcplan.validation.host.verify import verify as verify_host

    slo_s = _seconds("--slo", slo) if slo else None
    chosen = choose(meter, cpu_tdp_w=cpu_tdp, wall_csv=wall_csv)
    with Bar("verifying") as bar:
        result = verify_host(quick, out, bar.step, chosen, slo_s)
    page = write_host_page(result.folder)
    if json:
        sys.stdout.write(to_json({"schema": 1, "checks": [check.as_json() for check in result.checks]}))
    else:
        _print(console.table(result.as_json()))
        typer.echo(f"report: {page}")
    missed = [check.name for check in result.checks if not check.ok]
    if missed:
        _end(1, f"{len(missed)} of {len(result.checks)} targets missed: {', '.join(missed)}")


@bench.command()
def serving(json: Json = False) -> None:
    """Requests per second of the kernels and of a SimPy process per request on the same work, and what starting costs.

    Example: dcplan bench serving
    """
    from dcplan.validation.bench.serving import results

    _tell(results(), json)


@bench.command("facility")
def bench_facility(json: Json = False) -> None:
    """Time and memory of a building's year, of 200 of them, and of a site of 9,472 servers with jobs for a day.

    Example: dcplan bench facility
    """
    from dcplan.validation.bench.facility import results

    _tell(results(), json)


@bench.command("site")
def bench_site(json: Json = False) -> None:
    """Time and memory of a year's bill.

    Example: dcplan bench site
    """
    from dcplan.validation.bench.site import results

    _tell(results(), json)


@app.command()
def report(folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]) -> None:
    """Write the report of a run again, from its tables.

    Example: dcplan report reports/quickstart/0123456789
    """
    from dcplan.report import page
    from dcplan.results import store

    typer.echo(f"wrote {page.write(store.read(folder), folder)}")


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"dcplan {installed('dcplan')}")
        raise typer.Exit


def main() -> NoReturn:
    """Run the command line; bad input ends with one sentence and exit code 2, never a traceback."""
    try:
        app(standalone_mode=True)
    except InputError as error:
        _end(2, f"{error}")
    except InterruptedRunError as error:
        _end(130, f"{error}")
    except DcplanError as error:
        _end(1, f"dcplan: {error}")
    except OSError as error:
        _end(2, f"dcplan: {error.strerror or error}: {error.filename or ''}".rstrip(": "))
    sys.exit(0)


def _end(code: int, message: str) -> NoReturn:
    sys.stderr.write(message.rstrip("\n") + "\n")
    sys.exit(code)


def _plan(file: Path, settings: list[str], profiles: Path | None) -> Plan:
    from dcplan.engine.resolve import resolve
    from dcplan.profiles.library import default_library
    from dcplan.scenario.load import load

    path = _found(file)
    return resolve(load(path, settings), default_library(path.parent, profiles))


def _profile_folder(name: str) -> Path:
    """The folder *name*, or that of the measured workload of this name."""
    from dcplan.profiles.library import default_library

    folder = Path(name)
    if (folder / "profile.yaml").is_file():
        return folder
    return default_library().load("compute", name.removeprefix("compute/")).path


def _found(file: Path) -> Path:
    """*file*, or the scenario of that name that dcplan ships."""
    from dcplan.profiles.library import shipped

    ours = shipped("scenarios") / file.name
    return ours if not file.exists() and ours.is_file() else file


def _all_settings(settings: list[str] | None, seed: int | None, replications: int | None) -> list[str]:
    named = {"seed": seed, "replications": replications}
    return (settings or []) + [f"{key}={value}" for key, value in named.items() if value is not None]


def _simulate(plan: Plan, workers: int | None, out: Path, show: bool) -> Run:
    from dcplan.report.progress import Replications
    from dcplan.studies.replicate import replicate

    try:
        if not show:
            return replicate(plan, workers, None, out)
        bar = Replications(plan.scenario.replications)
        with bar:
            return replicate(plan, workers, bar.step_one, out)
    except KeyboardInterrupt as error:
        message = "interrupted; finished replications are kept, the same command goes on with the rest"
        raise InterruptedRunError(message) from error


def _show(result: Run, report: Path) -> None:
    from dcplan.report import console

    _print(console.table(result))
    for message in result.tables["warnings"]["message"]:
        typer.echo(f"! {message}", err=True)
    typer.echo(f"report: {report}")


def _seconds(option: str, text: str) -> float:
    """*text* as seconds; an InputError that names the option if it is none."""
    from dcplan.units import parse

    try:
        return parse(text, "s")
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from error


def _judge(checks: list[Check], json: bool) -> None:
    from dcplan.report import console
    from dcplan.results.store import to_json

    if json:
        sys.stdout.write(to_json({"schema": 1, "checks": [check.as_json() for check in checks]}))
    else:
        _print(console.check_table([check.as_json() for check in checks]))
    missed = [check.name for check in checks if not check.ok]
    if missed:
        _end(1, f"{len(missed)} of {len(checks)} checks missed: {', '.join(missed)}")
    if not json:
        typer.echo(f"all {len(checks)} checks hold")


def _tell(measured: Iterable[Result], json: bool) -> None:
    from dcplan.report import console
    from dcplan.results.store import to_json

    results = [asdict(result) for result in measured]
    if json:
        sys.stdout.write(to_json({"schema": 1, "results": results}))
    else:
        _print(console.bench_table(results))


def _print(renderable: object) -> None:
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(renderable)
