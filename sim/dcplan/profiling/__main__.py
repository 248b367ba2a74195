"""`python -m dcplan.profiling`: measure a workload on this machine and write its profile."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dcplan.errors import InputError
from dcplan.profiling.run import profile


def main(arguments: list[str] | None = None) -> int:
    """Parse *arguments*, measure, and print the folder written; 2 if an argument is wrong."""
    chosen = _parser().parse_args(arguments)
    try:
        folder = profile(**vars(chosen), progress=_show)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dcplan.profiling",
        description="Measure a workload on this machine and write its profile.",
        epilog="example: python -m dcplan.profiling --workload cnn-cifar10 --quick",
    )
    parser.add_argument("--workload", required=True, help="what to run, e.g. cnn-cifar10")
    parser.add_argument("--out", type=Path, default=Path("profiles"), help="profiles folder to write into")
    parser.add_argument("--sku", help="name of this machine (default: made from its processor)")
    parser.add_argument("--quick", action="store_true", help="under a minute instead of about seven; wider intervals")
    parser.add_argument("--seed", type=int, default=1, help="seeds weights, data and the order of measuring")
    parser.add_argument("--threads", type=int, help="threads torch may use (default: all logical processors)")
    return parser


def _show(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{stage}: {done}/{total}    ", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
