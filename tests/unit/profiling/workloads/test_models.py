"""Every model is the published one, runs, and learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dcplan.profiling.workloads.catalogue import WORKLOADS
from dcplan.profiling.workloads.dlrm import CRITEO, TABLES
from dcplan.profiling.workloads.workload import Samples, Workload

torch = pytest.importorskip("torch")

COUNT = 2
TOKENS = 16
OUTPUTS = {
    "cnn-cifar10": (COUNT, 10),
    "resnet50": (COUNT, 1000),
    "bert-base": (COUNT, 2),
    "gpt-small": (COUNT, TOKENS, 50_257),
    "dlrm": (COUNT,),
    "unet": (COUNT, 2, 256, 256),
    "conv-autoencoder": (COUNT, 3, 128, 128),
}
PARAMETERS = {
    "cnn-cifar10": 122_570,
    "resnet50": 25_557_032,
    "bert-base": 109_483_778,
    "gpt-small": 124_439_808,
    "dlrm": 132_934_465,
    "unet": 7_759_554,
    "conv-autoencoder": 1_050_599,
}


@dataclass(frozen=True)
class Built:
    """A workload, its model and a few samples, sequences cut short."""

    workload: Workload
    model: Any
    samples: Samples

    def loss(self) -> Any:
        """Loss on the samples in training, dropout falling the same way every time."""
        torch.manual_seed(2)
        self.model.train()
        return self.workload.loss(self.model(*self.samples.inputs), self.samples.targets)


@pytest.fixture(scope="module", params=WORKLOADS)
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    """Every workload in turn; only one is in memory at a time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    workload = WORKLOADS[request.param]
    samples = workload.samples(COUNT)
    if any("tokens" in axes for axes in workload.tasks.values()):
        inputs = tuple(tensor[:, :TOKENS] for tensor in samples.inputs)
        samples = Samples(inputs, samples.targets[:, :TOKENS] if samples.targets.ndim == 2 else samples.targets)
    yield Built(workload, workload.build(), samples)
    torch.set_num_threads(threads)


def test_the_parameters_are_as_many_as_stated(built: Built) -> None:
    counted = sum(weights.numel() for weights in built.model.parameters())
    assert counted == built.workload.parameters == PARAMETERS[built.workload.name]


def test_a_forward_pass_has_the_shape_and_is_finite(built: Built) -> None:
    with torch.inference_mode():
        output = built.model.eval()(*built.samples.inputs)
    assert output.shape == OUTPUTS[built.workload.name]
    assert output.isfinite().all()
    assert output.std() > 0


def test_samples_differ_from_each_other(built: Built) -> None:
    first = built.samples.inputs[0]
    assert not torch.equal(first[0], first[1])


def test_the_pool_takes_less_than_200_mb(built: Built) -> None:
    full = built.workload.samples(COUNT)
    stored = {tensor.data_ptr(): tensor.nbytes for tensor in (*full.inputs, full.targets)}
    assert sum(stored.values()) / COUNT * built.workload.pool < 200e6


def test_every_parameter_gets_a_finite_gradient(built: Built) -> None:
    built.model.zero_grad()
    built.loss().backward()
    for name, weights in built.model.named_parameters():
        gradient = weights.grad.coalesce().values() if weights.grad.is_sparse else weights.grad
        assert gradient.isfinite().all(), name
    changed = [weights for weights in built.model.parameters() if float(weights.grad.norm()) > 0]
    assert len(changed) >= 0.95 * len(list(built.model.parameters()))


def test_a_small_step_down_the_gradient_lowers_the_loss(built: Built) -> None:
    built.model.zero_grad()
    loss = built.loss()
    loss.backward()
    before = loss.item()
    steepness = sum(float(weights.grad.norm()) ** 2 for weights in built.model.parameters())
    with torch.no_grad():
        for weights in built.model.parameters():
            weights.add_(weights.grad, alpha=-0.01 * before / steepness)
        after = built.loss().item()
    assert 0.97 * before < after < before


def test_the_special_calls_run_at_their_smallest_point(built: Built) -> None:
    for task, step in built.workload.steps.items():
        place = {axis: values[0] for axis, values in built.workload.tasks[task].items()}
        call = step(built.model.eval(), built.workload.samples(2), place)
        first = call()
        assert isinstance(first, torch.Tensor)
        assert first.isfinite().all()
        assert not torch.equal(first, call()), "every call takes other samples"


def test_u_net_at_its_published_width_has_the_published_parameters() -> None:
    from dcplan.profiling.workloads.nets.unet import Unet

    with torch.device("meta"):
        model = Unet(base=64)
    assert sum(weights.numel() for weights in model.parameters()) == 31_030_658


def test_tables_of_dlrm_follow_criteo_up_to_a_cap() -> None:
    assert len(TABLES) == 26
    assert sum(CRITEO) == 33_762_577
    assert sum(TABLES) == 2_069_296
    assert max(TABLES) == 300_000


def test_few_categories_are_frequent() -> None:
    samples = WORKLOADS["dlrm"].samples(5000)
    largest = samples.inputs[1][:, 2]
    counts = torch.bincount(largest).sort(descending=True).values
    assert counts[:10].sum() > 0.15 * 5000
    assert (counts > 0).sum() > 1500
    assert int(largest.max()) < 300_000
