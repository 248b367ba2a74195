"""The scenario that `dcplan new` writes: small, complete, and explained line by line."""

from __future__ import annotations

from pathlib import Path

from dcplan.errors import InputError
from dcplan.scenario import source

TEMPLATE = """\
# How many replicas does this model need to answer 99 % of the requests in time?
name: {name}
question: How many replicas does this model need to answer 99 % of the requests in time?
horizon: 1 day                 # how long to simulate
warm_up: 10 min                # time at the start that does not count
replications: 5                # independent repetitions: they give every number its interval
seed: 1

endpoints:
  my-model:
    # time of one batch, whatever its size; or, measured: workload: cnn-cifar10, on: <servers in fleet>
    service: {{kind: lognormal, mean: 40 ms, cv: 0.3}}
    replicas: 4
    routing: power_of_two      # ask two replicas at random, take the one with fewer requests
    batching: {{max_batch: 8, max_delay: 5 ms}}
    demand: {{kind: poisson, rate: 200 /s}}
    slo: {{p99: 250 ms}}

# A building, a place and money: see scenarios/quickstart.yaml, and `dcplan list profiles`.
"""


def write_new(name: str, folder: Path) -> Path:
    """Write `<name>.yaml` into *folder* and return its path; an existing file is not touched."""
    if not name or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise InputError(f"'{name}' cannot be a file name", "use letters, digits, - and _")
    path = folder / f"{name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(TEMPLATE.format(name=source.text({"name": name}).removeprefix("name: ").rstrip()))
    except FileExistsError as error:
        raise InputError(f"{path.name} exists already", "choose another name") from error
    return path
