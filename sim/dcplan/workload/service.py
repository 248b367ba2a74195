"""Random draws behind service times, one per request, and the synthetic service time distributions."""

from __future__ import annotations

import numpy as np

from dcplan.scenario.service import Deterministic, Erlang, Exponential, Lognormal, Service
from dcplan.workload.rate import FloatArray


def unit_mean_draws(service: Service, rng: np.random.Generator, count: int) -> FloatArray:
    """*count* draws with mean 1 from the shape of *service* [-].

    The hyperexponential has balanced means (p1 mu2 = p2 mu1; Allen 1990, "Probability, Statistics, and Queueing
    Theory", section 3.2.9).
    """
    if isinstance(service, Deterministic):
        return np.ones(count)
    if isinstance(service, Exponential):
        return rng.standard_exponential(count)
    if isinstance(service, Erlang):
        return rng.standard_gamma(service.shape, count) / service.shape
    if isinstance(service, Lognormal):
        sigma = np.sqrt(np.log1p(service.cv**2))
        return np.asarray(np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2))
    often = hyperexponential_branch(service.cv)
    branch = rng.random(count) < often
    return rng.standard_exponential(count) * np.where(branch, 0.5 / often, 0.5 / (1 - often))


def hyperexponential_branch(cv: float) -> float:
    """Probability of the short branch of a balanced-means hyperexponential with this coefficient of variation."""
    squared = cv**2
    return 0.5 * (1.0 + float(np.sqrt((squared - 1.0) / (squared + 1.0))))
