"""A workload made ready to run in one way: model, optimiser and samples on the device, and the calls to be timed.

Inference runs the next *batch* samples of a pool in memory under `inference_mode`; a training step is forward, backward
and optimiser. Loading data is not part of a call; the input pipeline is measured by itself.

Number formats. Inference casts weights and inputs. Training keeps weights in fp32 and computes in the format through
autocast, with loss scaling for fp16, as mixed-precision training does (P. Micikevicius et al., "Mixed Precision
Training", ICLR 2018). int8 quantises the weights of linear layers dynamically, for inference on a CPU alone.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

from dcplan.errors import InputError
from dcplan.profiling.crew import Crew
from dcplan.profiling.point import Key, Variant
from dcplan.profiling.stopwatch import Stopwatch
from dcplan.profiling.workloads.workload import Call, Samples, Workload

if TYPE_CHECKING:
    import torch
    from torch import nn

MemoryFormat = Literal["contiguous_format", "channels_last"]
"""Names of torch's ways to lay out images: colour by colour, or pixel by pixel."""
STRIDE = 7919
"""Step between target slices: a prime, so that inputs and targets never pair up twice and training never converges."""


@dataclass(frozen=True)
class TrainingStep:
    """A training step, which is called as a whole, or part by part.

    Attributes:
        forward: From the next samples to their loss.
        backward: From the loss to the gradients.
        update: From the gradients to new weights.
    """

    forward: Callable[[], torch.Tensor]
    backward: Callable[[torch.Tensor], None]
    update: Callable[[], None]

    def __call__(self) -> object:
        """The whole step; its loss."""
        loss = self.forward()
        self.backward(loss)
        self.update()
        return loss


class Session:
    """A workload made ready to run in one way on one device.

    Threads and number formats are settings of the process: `enter` sets them before every window. The pool of samples
    is as large as the workload says, or twice the *largest* batch if that is more. Its `stopwatch` tells the device
    time of its calls, where there is such a time.
    """

    def __init__(
        self, workload: Workload, variant: Variant, device: str = "cpu", seed: int = 1, largest: int = 0
    ) -> None:
        torch_import_s()
        import torch

        self.workload, self.variant, self.device = workload, variant, device
        self.stopwatch = stopwatch_of(device, variant)
        self.enter()
        layout, count = memory_format_of(device, variant), workload.pool
        if 2 * largest > count:
            count = 2 * largest
            _check_room(workload, count)
        torch.manual_seed(seed)
        self.samples = _moved(workload.samples(count), device, layout)
        begin = time.perf_counter()
        self.model = workload.build().to(device).to(memory_format=getattr(torch, layout))  # type: ignore[call-overload]
        self.build_s = time.perf_counter() - begin
        self.parameters = sum(weights.numel() for weights in self.model.parameters())
        assert self.parameters == workload.parameters, f"{workload.name}: {self.parameters} parameters"
        self._optimizer: torch.optim.Optimizer | None = None
        self._serving: nn.Module | None = None
        self._training: nn.Module | None = None
        self._streams = [torch.cuda.Stream() for _ in range(variant.streams)] if device == "cuda" else []  # type: ignore[no-untyped-call]
        self._pool = ThreadPoolExecutor(variant.streams) if variant.streams > 1 else None
        self._crew = Crew(Session, workload.name, variant, device, seed, largest) if variant.processes > 1 else None

    def enter(self) -> None:
        """Set what holds for the whole process: threads, and whether fp32 products may use tf32."""
        import torch

        if torch.get_num_threads() != self.variant.threads:
            torch.set_num_threads(self.variant.threads)
        if self.device == "cuda":
            form = "tf32" if self.variant.precision == "tf32" else "ieee"
            torch.backends.cuda.matmul.fp32_precision = form
            torch.backends.cudnn.conv.fp32_precision = form  # type: ignore[attr-defined]

    def wait(self) -> None:
        """Wait until the device has done everything it was given."""
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()

    def call(self, key: Key) -> Call:
        """The call to be timed at *key*; several streams or processes start one each, and the last ends it."""
        if self._crew is not None:
            return self._crew.call(key)
        if self._pool is None:
            return self._one(key)
        pool, calls = self._pool, [self._on_stream(self._one(key), index) for index in range(self.variant.streams)]

        def together() -> None:
            for running in [pool.submit(call) for call in calls]:
                running.result()

        return together

    def training_step(self, key: Key) -> TrainingStep:
        """A training step at *key* in its parts, one at a time whatever the variant says."""
        return self._train({axis: getattr(key, axis) for axis in self.workload.tasks["train"]})

    def work(self) -> dict[str, int]:
        """What the model is whatever the machine: parameters, their bytes, and what its layers move per sample."""
        held = [*self.model.parameters(), *self.model.buffers()]
        return {
            "parameters": self.parameters,
            "parameter_bytes": sum(tensor.numel() * tensor.element_size() for tensor in held),
            "activation_bytes_per_sample": self._activation_bytes(),
        }

    def flop(self, key: Key) -> int:
        """Floating-point operations of one call at *key*, counted by torch's own counter on its operators."""
        from torch.utils.flop_counter import FlopCounterMode

        call = self._one(key, self.model.eval())
        with FlopCounterMode(display=False) as counter:
            call()
        return int(counter.get_total_flops())

    def software(self) -> dict[str, str | int]:
        """The version of torch, how it was built (as a digest) and how it runs."""
        import torch

        config = torch.__config__.show()
        found: dict[str, str | int] = {
            "torch": str(torch.__version__),
            "torch_config_sha256": hashlib.sha256(config.encode()).hexdigest(),
            "torch_cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "torch_interop_threads": torch.get_num_interop_threads(),
        }
        if self.device == "cuda":
            found |= {"cuda": str(torch.version.cuda), "cudnn": int(torch.backends.cudnn.version() or 0)}  # type: ignore[no-untyped-call]
        return found

    def peak_device_bytes(self) -> int | None:
        """The most device memory held so far [B]; None on a CPU, whose peak is that of the process."""
        import torch

        return int(torch.cuda.max_memory_allocated()) if self.device == "cuda" else None

    def _activation_bytes(self) -> int:
        """Bytes that the layers without layers inside write for one sample, each read again once [B]."""
        import torch

        written: list[int] = []

        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                written.append(output.numel() * output.element_size())

        leaves = [module for module in self.model.modules() if not list(module.children())]
        hooks = [module.register_forward_hook(note) for module in leaves]
        with torch.inference_mode():
            self.model.eval()(*(pool[:1] for pool in self.samples.inputs))
        for hook in hooks:
            hook.remove()
        return 2 * sum(written)

    def _one(self, key: Key, model: nn.Module | None = None) -> Call:
        place = {"batch": key.batch, "tokens": key.tokens, "context": key.context}
        axes = self.workload.tasks[key.task]
        place = {axis: place[axis] for axis in axes}
        if key.task == "train":
            return self._train(place)
        served, samples = (self._served(), self._cast()) if model is None else (model, self.samples)
        step = self.workload.steps.get(key.task)
        call = step(served, samples, place) if step else _infer(served, samples, place)
        return self._graph(call) if self.variant.graphs and model is None else call

    def _served(self) -> nn.Module:
        """The model as it answers: in evaluation mode, in its number format, compiled if asked."""
        if self._serving is None:
            self._serving = _compiled(_quantised(self.model, self.variant), self.variant)
        return self._serving.eval()

    def _cast(self) -> Samples:
        kind = _dtype(self.variant)
        inputs = tuple(tensor.to(kind) if tensor.is_floating_point() else tensor for tensor in self.samples.inputs)
        return Samples(inputs, self.samples.targets)

    def _train(self, place: Mapping[str, int]) -> TrainingStep:
        import torch

        inputs = _slices(self.samples.inputs, place, stride=place["batch"])
        targets = _slices((self.samples.targets,), place, stride=STRIDE)
        optimizer, loss_of = self._trained_by(), self.workload.loss
        model = self._trained()
        kind = _dtype(self.variant)
        autocast = torch.autocast(self.device, dtype=kind, enabled=kind is not torch.float32)
        scaler = torch.amp.GradScaler(self.device, enabled=self.variant.precision == "fp16")

        def forward() -> torch.Tensor:
            model.train()
            optimizer.zero_grad(set_to_none=True)
            with autocast:
                return loss_of(model(*inputs()), *targets())

        def backward(loss: torch.Tensor) -> None:
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

        def update() -> None:
            scaler.step(optimizer)
            scaler.update()

        return TrainingStep(forward, backward, update)

    def _trained(self) -> nn.Module:
        """The model as it is trained: compiled if asked."""
        if self._training is None:
            self._training = _compiled(self.model, self.variant)
        return self._training

    def _trained_by(self) -> torch.optim.Optimizer:
        if self._optimizer is None:
            self._optimizer = _optimizer(self.workload, self.model)
        return self._optimizer

    def _graph(self, call: Call) -> Call:
        """Capture *call* once; what is timed is its replay on the same inputs."""
        import torch

        graph = torch.cuda.CUDAGraph()
        for _ in range(3):
            call()
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            call()
        return graph.replay

    def _on_stream(self, call: Call, index: int) -> Call:
        if not self._streams:
            return call
        import torch

        def inside() -> object:
            with torch.cuda.stream(self._streams[index]):
                return call()

        return inside


def stopwatch_of(device: str, variant: Variant) -> Stopwatch | None:
    """Tells the device time of calls; None on a CPU, and where calls that run at once share the device."""
    if device != "cuda" or variant.at_once > 1:
        return None
    import torch

    return Stopwatch(partial(torch.cuda.Event, enable_timing=True))


def memory_format_of(device: str, variant: Variant) -> MemoryFormat:
    """How images lie in memory: colours together where tensor cores multiply, which take them in that order alone.

    Source: NVIDIA, "Convolutional Layers User's Guide", section "Tensor Layouts In Memory: NCHW vs NHWC".
    """
    return "channels_last" if device == "cuda" and variant.precision != "fp32" else "contiguous_format"


def check(workload: Workload, variant: Variant, device: str) -> None:
    """Raise an InputError if *workload* cannot run that way on *device*."""
    if device == "cpu" and (variant.precision == "tf32" or variant.graphs):
        asked = "tf32" if variant.precision == "tf32" else "CUDA graphs"
        raise InputError(f"{asked} needs a CUDA device", "leave it out, or run on a machine that has one")
    if variant.precision == "int8" and device != "cpu":
        raise InputError("int8 is measured by dynamic quantisation, which torch has for CPUs alone", "use bf16 or fp16")
    if variant.precision == "int8" and "train" in workload.tasks and len(workload.tasks) == 1:
        raise InputError(f"{workload.name} cannot be trained in int8", "use bf16")


def _infer(model: nn.Module, samples: Samples, place: Mapping[str, int]) -> Call:
    import torch

    inputs = _slices(samples.inputs, place, stride=place["batch"])

    def call() -> object:
        with torch.inference_mode():
            return model(*inputs())

    return call


def _check_room(workload: Workload, count: int) -> None:
    """Raise an InputError if the memory that is free cannot hold so many samples."""
    import psutil  # type: ignore[import-untyped]

    one = workload.samples(1)
    needed = count * sum(tensor.numel() * tensor.element_size() for tensor in (*one.inputs, one.targets))
    free = int(psutil.virtual_memory().available)
    if needed > free:
        raise InputError(
            f"{count} samples of {workload.name} take {needed / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free",
            "measure smaller batches",
        )


def _moved(samples: Samples, device: str, layout: MemoryFormat) -> Samples:
    """*samples* on the device, images in that layout."""
    import torch

    inputs = [tensor.to(device) for tensor in samples.inputs]
    form = getattr(torch, layout)
    images = (tensor.to(memory_format=form) if tensor.ndim == 4 else tensor for tensor in inputs)
    return Samples(tuple(images), samples.targets.to(device))


def _dtype(variant: Variant) -> torch.dtype:
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(variant.precision, torch.float32)


def _quantised(model: nn.Module, variant: Variant) -> nn.Module:
    """A copy of *model* in the number format of *variant*; the model itself in fp32 and tf32."""
    import copy

    import torch

    if variant.precision == "int8":
        return _int8(model)
    kind = _dtype(variant)
    return model if kind is torch.float32 else copy.deepcopy(model).to(kind)


def _int8(model: nn.Module) -> nn.Module:
    """A copy of *model* whose linear layers multiply in int8; torch calls this deprecated, but has nothing else."""
    import copy
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning, UserWarning))
        from torch.ao.quantization import quantize_dynamic

        kinds = {torch.nn.Linear}
        quantised: nn.Module = quantize_dynamic(copy.deepcopy(model), kinds, torch.qint8)  # type: ignore[no-untyped-call]
    return quantised


def _compiled(model: nn.Module, variant: Variant) -> nn.Module:
    import torch

    if not variant.compiled:
        return model
    compiled: Any = torch.compile(model)
    module: nn.Module = compiled
    return module


def _optimizer(workload: Workload, model: nn.Module) -> torch.optim.Optimizer:
    import torch

    rate = workload.recipe.learning_rate
    if workload.recipe.optimizer == "sgd":
        sparse = any(getattr(module, "sparse", False) for module in model.modules())
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=0.0 if sparse else 0.9)
    kind = torch.optim.AdamW if workload.recipe.optimizer == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr=rate)


def _slices(
    pools: tuple[torch.Tensor, ...], place: Mapping[str, int], stride: int
) -> Callable[[], tuple[torch.Tensor, ...]]:
    """Makes the next *batch* samples at every call; sequences are cut to the *tokens* of the place."""
    batch, tokens, count = place["batch"], place.get("tokens"), len(pools[0])
    start = 0

    def following() -> tuple[torch.Tensor, ...]:
        nonlocal start
        start = (start + stride) % (count - batch + 1)
        rows = tuple(pool[start : start + batch] for pool in pools)
        return tuple(row[:, :tokens] if tokens and row.ndim == 2 else row for row in rows)

    return following


@cache
def torch_import_s() -> float | None:
    """Seconds that importing torch took this process [s]; None if something imported it before this was asked."""
    if "torch" in sys.modules:
        return None
    begin = time.perf_counter()
    import torch  # noqa: F401

    return time.perf_counter() - begin
