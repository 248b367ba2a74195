"""Models made ready to run: number formats, several streams, operations and bytes."""

from __future__ import annotations

import warnings

import pytest

from dcplan.errors import InputError
from dcplan.profiling import session as sessions
from dcplan.profiling.point import Key, Variant
from dcplan.profiling.session import Session, check, memory_format_of, stopwatch_of
from dcplan.profiling.workloads.catalogue import WORKLOADS
from dcplan.profiling.workloads.cnn import CNN_CIFAR10

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16", "int8"])
def test_inference_runs_in_every_format_of_a_processor(precision: str) -> None:
    session = Session(CNN_CIFAR10, Variant(precision, 1))  # type: ignore[arg-type]
    output = session.call(Key("infer", 4, precision=precision))()  # type: ignore[arg-type]
    assert isinstance(output, torch.Tensor)
    assert output.shape == (4, 10)
    assert torch.isfinite(output.float()).all()


def test_int8_answers_nearly_as_fp32_does() -> None:
    with warnings.catch_warnings():
        exact, rough = (Session(CNN_CIFAR10, Variant(precision, 1)) for precision in ("fp32", "int8"))  # type: ignore[arg-type]
        first, second = (session.call(Key("infer", 64))() for session in (exact, rough))
    assert isinstance(first, torch.Tensor)
    assert isinstance(second, torch.Tensor)
    assert (first - second).abs().max() < 0.05 * first.abs().max()
    assert not torch.equal(first, second)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_steps_change_the_weights_and_keep_them_in_fp32(precision: str) -> None:
    session = Session(CNN_CIFAR10, Variant(precision, 1))  # type: ignore[arg-type]
    before = [weights.detach().clone() for weights in session.model.parameters()]
    loss = session.call(Key("train", 8))()
    assert isinstance(loss, torch.Tensor)
    assert torch.isfinite(loss)
    for old, new in zip(before, session.model.parameters(), strict=True):
        assert new.dtype is torch.float32
        assert not torch.equal(old, new)


def test_the_same_seed_gives_the_same_model_and_samples() -> None:
    first, again, other = (Session(CNN_CIFAR10, Variant(), seed=seed) for seed in (1, 1, 2))
    outputs = [session.call(Key("infer", 2))() for session in (first, again, other)]
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_streams_run_as_many_calls_and_wait_for_all() -> None:
    session = Session(CNN_CIFAR10, Variant(streams=3))
    seen: list[int] = []
    session._one = lambda key: lambda: seen.append(key.batch)  # type: ignore[assignment, method-assign, misc]
    session.call(Key("infer", 5, streams=3))()
    assert seen == [5, 5, 5]


def test_threads_are_set_before_every_window() -> None:
    one, two = Session(CNN_CIFAR10, Variant(threads=1)), Session(CNN_CIFAR10, Variant(threads=2))
    one.enter()
    assert torch.get_num_threads() == 1
    two.enter()
    assert torch.get_num_threads() == 2


def test_operations_are_counted_and_grow_with_the_batch() -> None:
    session = Session(CNN_CIFAR10, Variant("bf16", 1))
    one, four = (session.flop(Key("infer", batch)) for batch in (1, 4))
    assert (one, four) == (9_097_216, 4 * 9_097_216)
    assert 2.5 < session.flop(Key("train", 1)) / one < 3.1


def test_the_work_of_a_sample_is_that_of_the_layers() -> None:
    work = Session(CNN_CIFAR10, Variant()).work()
    written = 2 * 30 * 30 * 32 + 15 * 15 * 32 + 2 * 13 * 13 * 64 + 6 * 6 * 64 + 2 * 4 * 4 * 64 + 1024 + 2 * 64 + 10
    assert work["parameter_bytes"] == 4 * 122_570
    assert work["activation_bytes_per_sample"] == 2 * 4 * written


@pytest.mark.parametrize("name", ["dlrm", "gpt-small", "conv-autoencoder"])
def test_every_task_of_a_workload_can_be_called(name: str) -> None:
    workload = WORKLOADS[name]
    session = Session(workload, Variant(threads=2))
    for task, axes in workload.quick.items():
        place = {axis: values[0] for axis, values in axes.items()}
        assert session.call(Key.at(task, place, session.variant))() is not None
        assert session.flop(Key.at(task, place, session.variant)._replace(batch=1)) > 0


@pytest.mark.parametrize(
    ("variant", "device", "message"),
    [
        (Variant("tf32"), "cpu", "tf32 needs a CUDA device"),
        (Variant(graphs=True), "cpu", "CUDA graphs needs a CUDA device"),
        (Variant("int8"), "cuda", "int8 is measured by dynamic quantisation"),
    ],
)
def test_what_cannot_run_is_refused(variant: Variant, device: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(CNN_CIFAR10, variant, device)


def test_only_calls_that_have_an_accelerator_to_themselves_have_a_device_time() -> None:
    assert stopwatch_of("cuda", Variant(graphs=True)) is not None
    assert stopwatch_of("cuda", Variant(streams=2)) is None
    assert stopwatch_of("cuda", Variant(processes=2)) is None
    assert Session(CNN_CIFAR10, Variant()).stopwatch is None


def test_images_lie_as_tensor_cores_take_them() -> None:
    assert memory_format_of("cuda", Variant("bf16")) == memory_format_of("cuda", Variant("tf32")) == "channels_last"
    assert memory_format_of("cuda", Variant("fp32")) == memory_format_of("cpu", Variant("bf16")) == "contiguous_format"


def test_images_can_lie_pixel_by_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "memory_format_of", lambda device, variant: "channels_last")
    made = Session(CNN_CIFAR10, Variant())
    assert made.samples.inputs[0].is_contiguous(memory_format=torch.channels_last)
    assert all(
        each.is_contiguous(memory_format=torch.channels_last) for each in made.model.parameters() if each.ndim == 4
    )
    made.call(Key("infer", 2))()
    made.call(Key("train", 8))()


def test_samples_that_no_memory_holds_are_refused() -> None:
    with pytest.raises(InputError, match=r"200000000 samples of cnn-cifar10 take 2\.46e\+03 GB, and .* GB are free"):
        Session(CNN_CIFAR10, Variant(), largest=100_000_000)
