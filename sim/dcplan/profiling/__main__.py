"""`python -m dcplan.profiling`: measure workloads on this machine and write their profiles.

Needs torch, numpy, psutil and PyYAML alone (and nvidia-ml-py to read an NVIDIA meter), so that it can be carried to a
bare machine: copy the folders `dcplan/profiling` and `dcplan/errors.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dcplan.errors import InputError, InterruptedRunError
from dcplan.profiling.measure import Progress
from dcplan.profiling.run import Settings, profile
from dcplan.profiling.workloads.catalogue import WORKLOADS

EXAMPLES = """examples:
  %(prog)s --workload cnn-cifar10 --quick                      under a minute, wide intervals
  %(prog)s --workload resnet50 bert-base --budget 10m          several, each within ten minutes
  %(prog)s --workload resnet50 --device cuda --precision bf16 fp32
  %(prog)s --workload resnet50 --device cuda --brief --at infer.batch=1,8,64 train.batch=32
  %(prog)s --machine                                           the machine itself: memory, storage, network, ...
"""


def main(arguments: Sequence[str] | None = None, prog: str = "python -m dcplan.profiling") -> int:
    """Parse *arguments*, measure, and print each folder written; 2 if an argument is wrong, 130 if interrupted."""
    chosen = vars(_parser(prog).parse_args(arguments))
    try:
        if (port := chosen.pop("serve_peer")) is not None:
            return _serve_peer(port)
        for folder in measure(**chosen, progress=Line()):
            print(folder)
    except (InputError, InterruptedRunError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, InputError) else 130
    return 0


def measure(
    workload: Sequence[str], machine: bool, out: Path, peer: str | None, progress: Progress, **chosen: object
) -> Sequence[Path]:
    """Measure what the command line asks for; the folders written."""
    lists = {name: tuple(value) for name, value in chosen.items() if isinstance(value, list)}
    settings = Settings(**{**chosen, **lists})  # type: ignore[arg-type]
    if not workload and not machine:
        raise InputError("nothing to measure", "name one, e.g. --workload cnn-cifar10, or --machine")
    written = []
    if machine:
        from dcplan.profiling.probes.run import probe
        from dcplan.profiling.probes.settings import Settings as Probing

        how = Probing(
            quick=settings.quick, device=settings.device, threads=next(iter(settings.threads), None), peer=peer
        )
        written += probe(None, out, settings.sku, how, progress=progress)
    return written + [profile(name, out, settings, progress) for name in workload]


def _serve_peer(port: int) -> int:
    """Answer another machine's tests until interrupted."""
    from dcplan.profiling.probes.peer import serve_peer

    print(f"answering on port {port}; Ctrl-C ends", file=sys.stderr)
    with contextlib.suppress(KeyboardInterrupt):
        serve_peer(port)
    return 0


def seconds(text: str) -> float:
    """The seconds that "90s", "10m" or "1.5h" stand for.

    >>> seconds("10m")
    600.0
    """
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    try:
        value = float(text[:-1]) * unit if unit else 0.0
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no duration; write 90s, 10m or 1.5h")
    return value


class Line:
    """Progress on one line of a terminal, with the time left."""

    def __init__(self) -> None:
        self.stage, self.began_s = "", 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that *done* out of *total* of *stage* are done."""
        if stage != self.stage:
            self.stage, self.began_s = stage, time.monotonic()
        if not sys.stderr.isatty():
            return
        spent_s = time.monotonic() - self.began_s
        left = f", {spent_s * (total - done) / done:.0f} s left" if done else ""
        print(f"\r{stage}: {done}/{total}{left}    ", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Measure workloads on this machine by really running them in torch, and write their profiles.",
        epilog=EXAMPLES % {"prog": prog},
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = Settings()
    what = parser.add_argument_group("what")
    what.add_argument("--workload", nargs="+", default=[], metavar="NAME", help=f"models: {', '.join(WORKLOADS)}")
    what.add_argument(
        "--machine", action="store_true", help="the machine: arithmetic, memory, storage, network, crypto"
    )
    what.add_argument("--peer", metavar="HOST:PORT", help="with --machine: the network to a machine that serves it")
    what.add_argument("--serve-peer", type=int, metavar="PORT", help="answer the network tests of another machine")
    what.add_argument("--task", nargs="+", default=[], help="only these tasks: infer, train, prefill, decode")
    what.add_argument("--accuracy", action="store_true", help="also train to accuracy on real images (cnn-cifar10)")
    what.add_argument("--data", type=Path, metavar="DIR", help="folder with CIFAR-10, for --accuracy")
    trained = parser.add_argument_group("how --accuracy trains")
    trained.add_argument("--epochs", type=int, help="most epochs (default: 60, fewer where the loss stops falling)")
    trained.add_argument("--weight-decay", type=float, metavar="L2", help="of squared weights (default: 0.0001)")
    trained.add_argument("--dropout", type=float, metavar="SHARE", help="before the last layer (default: 0.25)")
    trained.add_argument("--folds", type=int, metavar="K", help="cross-validate in K parts as well (default: not)")
    how = parser.add_argument_group("how; several values are compared, the first is what scenarios use")
    how.add_argument("--device", default=default.device, choices=("cpu", "cuda"), help="where the model runs")
    how.add_argument("--precision", nargs="+", default=list(default.precision), help="fp32, tf32, bf16, fp16, int8")
    how.add_argument("--threads", nargs="+", type=int, default=[], help="threads in a call (default: all processors)")
    how.add_argument("--streams", nargs="+", type=int, default=[1], help="calls at the same time in a process")
    how.add_argument("--processes", nargs="+", type=int, default=[1], help="processes that call at the same time")
    how.add_argument("--compile", action="store_true", help="also with torch.compile")
    how.add_argument("--graphs", action="store_true", help="also as CUDA graphs")
    at = "only at these values, e.g. batch=1,8,64 or infer.batch=1,8,64 decode.context=128,512"
    how.add_argument("--at", nargs="+", default=[], metavar="AXIS=VALUES", help=at)
    how.add_argument("--seed", type=int, default=default.seed, help="of weights, data and the order of measuring")
    long = parser.add_argument_group("how long")
    long.add_argument("--quick", action="store_true", help="few points, wide intervals; under a minute for the CNN")
    long.add_argument("--brief", action="store_true", help="short visits, no soak: for a device rented by the minute")
    long.add_argument("--budget", type=seconds, dest="budget_s", metavar="10m", help="most time for each workload")
    power = parser.add_argument_group("power")
    meters = ("auto", "nvml", "rapl", "wall", "model", "none")
    power.add_argument("--meter", default=default.meter, choices=meters, help="auto: the best one that is there")
    power.add_argument("--wall-csv", type=Path, metavar="FILE", help="readings of a wall meter, aligned by time")
    power.add_argument(
        "--cpu-tdp", nargs=2, type=float, dest="cpu_tdp_w", metavar=("LOW", "HIGH"), help="for the model [W]"
    )
    power.add_argument("--vcpu-share", type=float, help="share of the processor that is ours, for the model, 0 to 1")
    where = parser.add_argument_group("where to")
    where.add_argument(
        "--out", type=Path, default=Path("profiles"), metavar="DIR", help="profiles folder to write into"
    )
    where.add_argument("--sku", help="name of this kind of machine (default: made from its processor)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
