"""The autoencoder's inspection tells, pixel by pixel, what it could not reconstruct."""

from __future__ import annotations

import pytest

from dcplan.profiling.workloads.autoencoder import CONV_AUTOENCODER

torch = pytest.importorskip("torch")


def test_inspection_gives_an_error_per_pixel_that_agrees_with_the_loss() -> None:
    torch.manual_seed(1)
    model, samples = CONV_AUTOENCODER.build().eval(), CONV_AUTOENCODER.samples(3)
    errors = CONV_AUTOENCODER.steps["infer"](model, samples, {"batch": 3})()
    assert isinstance(errors, torch.Tensor)
    assert errors.shape == (3, 128, 128)
    with torch.inference_mode():
        loss = CONV_AUTOENCODER.loss(model(*samples.inputs), samples.targets)
    assert float(errors.mean()) == pytest.approx(3 * float(loss), rel=1e-5)


def test_a_hundred_numbers_stand_between_encoder_and_decoder() -> None:
    model = CONV_AUTOENCODER.build()
    encoder = model[: len(model) // 2]
    assert encoder(CONV_AUTOENCODER.samples(2).inputs[0]).shape == (2, 100, 1, 1)
