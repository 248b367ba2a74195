"""Which times an endpoint or a training queue rests on: measured on its servers, or derived if the scenario says so."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from dcplan.engine.assumptions import Assumptions
from dcplan.errors import InputError
from dcplan.profiles.compute import ComputeProfile, load_compute, work_of
from dcplan.profiles.generation import StepTimes, most_sequences, step_times
from dcplan.profiles.library import Library
from dcplan.profiles.roofline import derive, load_machine
from dcplan.profiles.server import Instance, Server
from dcplan.profiles.timing import FloatArray, Timing
from dcplan.scenario.endpoint import Endpoint
from dcplan.scenario.generation import Generation, Swap
from dcplan.scenario.training import TrainingQueue
from dcplan.serving.rules import largest_batch
from dcplan.training.jobs import job_s


def serving_times(library: Library, server: Server, spec: Endpoint, assumptions: Assumptions) -> Timing:
    """Times of a call of *spec* on *server*; an InputError or ValueError if there are none."""
    workload, roofline = str(spec.workload), spec.extrapolate == "roofline"
    if not any(f"{sku}/{workload}" in library.names("compute") for sku in server.slots):
        if server.instance is not None:
            return _of_an_instance(library, server, server.instance, spec, assumptions)
        if roofline:
            return _derived(library, server, spec, assumptions)
    sku = server.hosts(library, workload)
    profile = load_compute(library, sku, workload)
    timing = profile.timing("infer", tokens=spec.tokens, precision=spec.precision, extrapolate=roofline)
    smallest = timing.batch[0]
    if spec.samples_per_request < smallest:
        raise ValueError(
            f"a request of {spec.samples_per_request} samples is below the smallest measured batch of {smallest:g}"
        )
    spells = f"; slow spells last {timing.spell_s:.2g} s" if timing.spell_s > 0.0 else ""
    largest = largest_batch(spec) * spec.samples_per_request
    beyond = f"; more than {timing.batch[-1]:g} samples as several calls" if largest > timing.batch[-1] else ""
    said = (
        beyond,
        _left_out(profile.left_out("infer", spec.precision, timing.batch)),
        spells,
        _metered(server, timing.power_w),
        _unsettled(timing),
    )
    used = f"inference times measured on {sku}{''.join(said)}"
    assumptions.use("endpoints", profile.profile, used)
    if timing.derived:
        assumptions.add("endpoints", f"{workload}: derived", timing.derived, "derived", "operations counted", False)
    return timing


def generation_times(
    library: Library, server: Server, spec: Endpoint, generation: Generation, assumptions: Assumptions
) -> StepTimes:
    """Times of the steps of *spec*, whose text is generated as *generation* says; an error if they are unknown."""
    workload = str(spec.workload)
    sku = server.hosts(library, workload)
    profile = load_compute(library, sku, workload)
    roofline = spec.extrapolate == "roofline"
    known = profile.lengths("prefill", "tokens", spec.precision) if profile.has("prefill") else np.zeros(1)
    prompt = generation.longest if generation.may_start_over else generation.longest_prompt
    most = most_sequences(profile, spec.precision)
    if generation.max_batch > most:
        raise ValueError(f"decode was measured for batches of up to {most:g}; lower max_batch")
    if generation.longest_prompt <= known[-1] < prompt and not roofline:
        raise ValueError(
            f"the KV cache can run out, and a sequence that starts over is processed again, up to {prompt} tokens at "
            f"once, but prefill was measured up to {known[-1]:g}; give kv_tokens of {generation.enough} or more, lower "
            "max_batch or 'most', swap (preempt: {kind: swap}) to memory that holds as many, or derive it with "
            "extrapolate: roofline"
        )
    if generation.chunk is not None and generation.chunk < known[0]:
        raise ValueError(f"prefill was measured from {known[0]:g} tokens on, not in chunks of {generation.chunk}")
    times = step_times(profile, generation.max_batch, prompt, generation.longest, spec.precision, roofline)
    unsettled = "; some of them had not settled (UNSTABLE)" if times.unstable else ""
    power = _metered(server, times.decode_w)
    used = f"prefill and decode steps measured on {sku}, mean times{power}{unsettled}"
    assumptions.use("endpoints", profile.profile, used)
    _caches(generation, assumptions)
    if times.derived:
        assumptions.add("endpoints", f"{workload}: derived", times.derived, "derived", "operations counted", False)
    return times


def _caches(generation: Generation, assumptions: Assumptions) -> None:
    """What is assumed of KV caches that leave their replica, or are used again."""
    if isinstance(generation.preempt, Swap):
        said = f"{generation.kv_per_token:g} B per token in whole blocks; the replica waits, at no power above rest"
        source = "W. Kwon et al., PagedAttention, SOSP 2023, section 4.5; size and bandwidth written in the scenario"
        assumptions.add("endpoints", "swapping", said, "model", source)
    if generation.disaggregated is not None:
        said = (
            f"{generation.kv_per_token:g} B per token; who finds no room waits beside the replica, which takes no part"
        )
        source = "Y. Zhong et al., DistServe, OSDI 2024; size and bandwidth written in the scenario"
        assumptions.add("endpoints", "disaggregation", said, "model", source)
    if generation.prefix_cache:
        said = (
            "whole blocks of texts that no sequence uses, until some does, least recently used first; the rest of a "
            "prompt takes as long as all of it less what is known, and at least as long as alone"
        )
        source = "W. Kwon et al., PagedAttention, SOSP 2023, section 4.4; L. Zheng et al., SGLang, NeurIPS 2024"
        assumptions.add("endpoints", "prefix cache", said, "model", source)


def training_s(
    library: Library, server: Server, spec: TrainingQueue, assumptions: Assumptions
) -> tuple[float, float, float | None]:
    """Time of a job of *spec* on *server* [s], its relative standard error [-], and power above rest [W] if known."""
    sku = server.hosts(library, spec.workload)
    profile = load_compute(library, sku, spec.workload)
    if spec.to_accuracy is not None:
        used = f"training to an accuracy of {spec.to_accuracy:g} measured on {sku}, once"
        assumptions.use("training", profile.profile, used)
        return profile.retraining_s(spec.to_accuracy), 0.0, None
    batch = spec.batch or profile.recipe_batch
    step_s = profile.step_s(batch)
    timing = profile.timing("train")
    assumptions.use("training", profile.profile, f"training step times measured on {sku}{_unsettled(timing)}")
    job = job_s(step_s, spec.samples or 0, batch, spec.epochs or 0)
    size = np.array([float(batch)])
    busy_w = timing.above_rest_w(size, server.rest_w)
    return job, float(timing.error(size)[0]), None if busy_w is None else float(busy_w[0])


def _derived(library: Library, server: Server, spec: Endpoint, assumptions: Assumptions) -> Timing:
    """Times by roofline, from the work of the workload as it was counted where it was measured."""
    sku, workload = next(iter(server.slots)), str(spec.workload)
    machine = load_machine(library, sku)
    elsewhere = _measured_elsewhere(library, workload)
    timing = derive(machine, work_of(elsewhere.profile.header), spec.precision or "fp32")
    assumptions.use("endpoints", machine.profile)
    source = f"{machine.profile.source}; operations and bytes of a sample counted on {elsewhere.profile.name}"
    assumptions.add("endpoints", f"{workload}: derived", timing.derived, "derived", source, False)
    return timing


def _of_an_instance(
    library: Library, server: Server, instance: Instance, spec: Endpoint, assumptions: Assumptions
) -> Timing:
    """Times on an instance of a board, from those of the whole board: as if each call had used all of that.

    Small batches seldom do, and then lose less. An upper bound, because an instance has at least this share of all.
    """
    workload, sku = str(spec.workload), next(iter(server.slots))
    if spec.extrapolate != "roofline":
        raise InputError(
            f"'{workload}' was not measured on an instance of a board of '{server.profile.name}'",
            f"measure it there (dcplan profile --workload {workload} --sku {sku}), or derive it from the whole board "
            "with extrapolate: roofline",
        )
    timing = serving_times(library, instance.whole, spec, assumptions)
    times = f"{1.0 / instance.share:.3g}"
    said = f"from those of the whole board, at most {times} times as long, for {times} times less power above rest"
    assumptions.add("endpoints", f"{workload}: derived", said, "derived", instance.source, False)
    return timing.slowed(instance.share, server.rest_w or 0.0, said)


def check_memory(library: Library, server: Server, workloads: Collection[str]) -> None:
    """Raise an InputError if not even the parameters of *workloads*, one copy of each, fit in a slot's memory.

    Only what was measured on the accelerators of *server* is counted; what else a model needs there is not known.
    """
    whole, part = (server, 1.0) if server.instance is None else (server.instance.whole, server.instance.memory)
    known = {f"{sku}/{each}" for sku in whole.slots for each in workloads} & set(library.names("compute"))
    headers = [load_compute(library, *name.split("/")).profile.header for name in sorted(known)]
    held = sum(float(each.get("work", {}).get("parameter_bytes", 0.0)) for each in headers)
    room = part * min(
        (float(each.get("hardware", {}).get("accelerator_bytes") or np.inf) for each in headers), default=np.inf
    )
    if held > room:
        whose = f"the parameters of {', '.join(sorted(workloads))} take {held / 1e9:.3g} GB"
        if server.instance is not None:
            raise InputError(f"{whose}, an instance has {room / 1e9:.3g} GB", "split the boards into fewer instances")
        raise InputError(f"{whose}, a board has {room / 1e9:.3g} GB", "put fewer models on it")


def _measured_elsewhere(library: Library, workload: str) -> ComputeProfile:
    for name in library.names("compute"):
        sku, _, measured = name.partition("/")
        if measured == workload:
            return load_compute(library, sku, workload)
    raise InputError(f"'{workload}' was not measured anywhere", f"run 'dcplan profile --workload {workload}'")


def _left_out(sizes: Sequence[float]) -> str:
    """Which batch sizes cannot be used, in words."""
    if not sizes:
        return ""
    return (
        f"; batch sizes {', '.join(f'{size:g}' for size in sizes)} are INVALID and interpolated from their neighbours"
    )


def _metered(server: Server, power_w: FloatArray) -> str:
    """Whether the power of calls comes from the meters of accelerators, in words."""
    return "; power of a call from its own meter" if server.boards and np.isfinite(power_w).all() else ""


def _unsettled(timing: Timing) -> str:
    if not timing.unstable:
        return ""
    return f"; batch sizes {', '.join(map(str, timing.unstable))} had not settled (UNSTABLE)"
