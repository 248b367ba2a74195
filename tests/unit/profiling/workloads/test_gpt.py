"""The cache of keys and values changes how fast text is written, not what is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dcplan.profiling.workloads.gpt import GPT_SMALL, cache_bytes_per_token
from dcplan.profiling.workloads.nets.gpt_shape import CONTEXT

torch = pytest.importorskip("torch")

BATCH, PROMPT, ANSWER = 2, 12, 5


@pytest.fixture(scope="module")
def model() -> Iterator[Any]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    yield GPT_SMALL.build().eval()
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def text() -> Any:
    torch.manual_seed(2)
    return torch.randint(50_257, (BATCH, PROMPT + ANSWER))


def cached(model: Any, text: Any, pieces: list[int]) -> list[Any]:
    """Logits after each piece of *text*, read piece by piece into a cache."""
    from dcplan.profiling.workloads.nets.gpt import empty_cache

    cache, start, logits = empty_cache(model, BATCH, text.shape[1]), 0, []
    with torch.inference_mode():
        for tokens in pieces:
            logits.append(model(text[:, start : start + tokens], cache=cache, start=start)[:, 0])
            start += tokens
    return logits


@pytest.mark.parametrize(
    "pieces",
    [[PROMPT] + [1] * ANSWER, [1] * (PROMPT + ANSWER), [PROMPT, ANSWER], [5, 7, 1, 4]],
    ids=["prefill, then decode", "decode alone", "prefill in two", "mixed"],
)
def test_reading_with_a_cache_gives_the_logits_of_reading_at_once(model: Any, text: Any, pieces: list[int]) -> None:
    with torch.inference_mode():
        whole = model(text)
    ends = torch.tensor(pieces).cumsum(0) - 1
    logits = torch.stack(cached(model, text, pieces), dim=1)
    assert torch.allclose(logits, whole[:, ends], atol=1e-4)


def test_a_token_does_not_see_what_follows(model: Any, text: Any) -> None:
    other = text.clone()
    other[:, PROMPT:] = 0
    with torch.inference_mode():
        assert torch.allclose(model(text)[:, :PROMPT], model(other)[:, :PROMPT], atol=1e-4)


def test_the_cache_is_as_large_as_stated(model: Any) -> None:
    from dcplan.profiling.workloads.nets.gpt import empty_cache, filled_cache

    assert cache_bytes_per_token() == 73_728
    assert cache_bytes_per_token(2) == 36_864
    assert empty_cache(model, 3, 10).nbytes == 3 * 10 * cache_bytes_per_token()
    assert filled_cache(model, 3, 9).shape == empty_cache(model, 3, 10).shape


def test_a_filled_cache_has_room_for_one_token(model: Any) -> None:
    from dcplan.profiling.workloads.nets.gpt import filled_cache

    cache = filled_cache(model, 2, 4)
    assert (cache[..., :4, :] != 0).all()
    assert (cache[..., 4, :] == 0).all()


def test_decode_leaves_the_context_as_it_is(model: Any) -> None:
    samples = GPT_SMALL.samples(4)
    call = GPT_SMALL.steps["decode"](model, samples, {"batch": 2, "context": CONTEXT - 1})
    first, second = call(), call()
    assert isinstance(first, torch.Tensor)
    assert first.shape == (2, 1, 50_257)
    assert not torch.equal(first, second)
    call()
    assert torch.allclose(first, call(), atol=1e-4), "three places to start from: the fourth call takes the first's"
