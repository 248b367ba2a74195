"""Closed forms of queueing theory: time in system (sojourn time) of queues that the kernel simulates.

Nearly all of them are phase-type: the time until a Markov chain with initial distribution `start` and generator
`rates` is absorbed, so that P(T > t) = start exp(rates t) 1 and E(T) = -start rates^-1 1 (Neuts 1981,
"Matrix-Geometric Solutions in Stochastic Models", chapter 2). M/D/1 has a formula of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, expm, solve
from scipy.optimize import brentq
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve
from scipy.stats import poisson

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """A distribution of the time in system: its mean [s] and its tail P(T > t)."""

    mean_s: float
    tail: Callable[[float], float]

    def percentile_s(self, level: float) -> float:
        """The time [s] below which the share *level* of the customers stays."""
        high_s = self.mean_s
        while self.tail(high_s) > 1.0 - level:
            high_s *= 2.0
        return float(brentq(lambda t: self.tail(t) - (1.0 - level), 0.0, high_s, xtol=1e-12 * high_s))


def phase_type(start: FloatArray, rates: FloatArray) -> Law:
    """The time to absorption."""
    ones = np.ones(len(start))
    mean_s = float(-start @ solve(rates, ones))
    return Law(mean_s, lambda t: float(start @ expm(rates * t) @ ones))


def _delayed(wait_probability: float, wait_rate: float, service_rate: float) -> Law:
    """With some probability an exponential wait, then an exponential service."""
    start = np.array([wait_probability, 1.0 - wait_probability])
    return phase_type(start, np.array([[-wait_rate, wait_rate], [0.0, -service_rate]]))


def mm1(arrival: float, service: float) -> Law:
    """M/M/1: exponential with rate mu - lambda (Kleinrock 1975, "Queueing Systems" I, section 5.12).

    >>> round(mm1(0.5, 1.0).mean_s, 6)
    2.0
    """
    return phase_type(np.ones(1), np.array([[arrival - service]]))


def erlang_c(arrival: float, service: float, servers: int) -> float:
    """Probability of waiting in M/M/c (Erlang 1917), by the stable recursion of Erlang B.

    >>> round(erlang_c(0.5, 1.0, 1), 6)
    0.5
    """
    load = arrival / service
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mmc(arrival: float, service: float, servers: int) -> Law:
    """M/M/c, first come first served: waits are exponential with rate c mu - lambda."""
    return _delayed(erlang_c(arrival, service, servers), servers * service - arrival, service)


def mmck(arrival: float, service: float, servers: int, places: int) -> tuple[Law, float]:
    """M/M/c/K: time in system of the customers who enter, and the probability of being turned away.

    Args:
        arrival: Arrival rate [1/s].
        service: Service rate of one server [1/s].
        servers: c.
        places: K, customers in the system at most.
    """
    weights = np.ones(places + 1)
    for n in range(1, places + 1):
        weights[n] = weights[n - 1] * arrival / (min(n, servers) * service)
    states = weights / weights.sum()
    found = states[:-1] / (1.0 - states[-1])
    stages = places - servers  # longest queue: so many exponential stages of rate c mu before service
    rates = np.zeros((stages + 1, stages + 1))
    start = np.zeros(stages + 1)
    for stage in range(stages):
        rates[stage, stage], rates[stage, stage + 1] = -servers * service, servers * service
        start[stage] = found[places - 1 - stage]
    rates[stages, stages] = -service
    start[stages] = found[:servers].sum()
    return phase_type(start, rates), float(states[-1])


def md1(arrival: float, service_s: float) -> Law:
    """M/D/1 (Erlang 1909; Iversen & Staalhagen 1999, "Waiting time distribution in M/D/1 queueing systems").

    P(W <= t) = (1 - rho) sum_k (-lambda (t - k D))^k / k! exp(lambda (t - k D)),  k = 0 .. floor(t / D)
    """
    load = arrival * service_s

    def tail(time_s: float) -> float:
        wait_s = time_s - service_s
        if wait_s < 0:
            return 1.0
        terms = (
            (-arrival * (wait_s - k * service_s)) ** k
            / math.factorial(k)
            * math.exp(arrival * (wait_s - k * service_s))
            for k in range(int(wait_s / service_s) + 1)
        )
        return 1.0 - (1.0 - load) * math.fsum(terms)

    return Law(service_s + load * service_s / (2.0 * (1.0 - load)), tail)


def mdc_s(arrival: float, service_s: float, servers: int) -> float:
    """Mean time in system of M/D/c [s].

    C. D. Crommelin, "Delay probability formulae when the holding times are constant", P.O. Elec. Eng. J. 25 (1932) 41.
    With a the offered load and N(x) Poisson of mean x, the mean wait is, in service times, the sum over i >= 1 of
    P(N(i a) >= i c) - c / a P(N(i a) >= i c + 1).

    >>> round(mdc_s(0.8, 1.0, 1), 6)
    3.0
    """
    load = arrival * service_s
    terms = np.arange(1, 20_000)
    reached = poisson.sf(terms * servers - 1, terms * load)
    passed = poisson.sf(terms * servers, terms * load)
    return service_s * (1.0 + float(np.sum(reached - servers / load * passed)))


def mph1(arrival: float, start: FloatArray, rates: FloatArray) -> Law:
    """M/PH/1: wait is a geometric sum of residual services, then the service (Neuts 1981, section 3.2).

    Args:
        arrival: Arrival rate [1/s].
        start: Initial distribution of the phase-type service time.
        rates: Its generator [1/s].
    """
    ones = np.ones(len(start))
    mean_s = float(-start @ solve(rates, ones))
    load = arrival * mean_s
    leave = -rates @ ones
    residual = -start @ np.linalg.inv(rates) / mean_s
    waiting = rates + load * np.outer(leave, residual)
    whole = block_diag(waiting, rates)
    whole[: len(start), len(start) :] = (1.0 - load) * np.outer(leave, start)
    return phase_type(np.concatenate((load * residual, (1.0 - load) * start)), whole)


def erlang_phases(mean_s: float, stages: int) -> tuple[FloatArray, FloatArray]:
    """The Erlang distribution as start and rates."""
    rate = stages / mean_s
    rates = rate * (np.eye(stages, k=1) - np.eye(stages))
    return np.eye(stages)[0], rates


def hyperexponential_phases(mean_s: float, cv: float) -> tuple[FloatArray, FloatArray]:
    """The balanced-means hyperexponential as start and rates (Allen 1990, section 3.2.9)."""
    often = 0.5 * (1.0 + math.sqrt((cv**2 - 1.0) / (cv**2 + 1.0)))
    start = np.array([often, 1.0 - often])
    return start, -np.diag(2.0 * start / mean_s)


def pollaczek_khinchine_s(arrival: float, mean_s: float, cv: float) -> float:
    """Mean time in system of M/G/1 [s] (Pollaczek 1930, Khinchine 1932)."""
    load = arrival * mean_s
    return mean_s + load * mean_s * (1.0 + cv**2) / (2.0 * (1.0 - load))


def processor_sharing_s(load: float, size_s: float) -> float:
    """M/G/1-PS: mean time in system [s] of customers who need *size_s* on average, at *load* of all customers.

    Whatever the distribution of what they need (Kleinrock 1976, "Queueing Systems" II, section 4.4).

    >>> round(processor_sharing_s(0.75, 2.0), 6)
    8.0
    """
    return size_s / (1.0 - load)


def batch_service(arrival: float, service: float, size: int) -> Law:
    """M/M[1,b]/1: a free server takes all who wait, at most b, for one exponential service (Bailey 1954).

    With r the root in (0, 1) of mu r^(b+1) - (lambda + mu) r + lambda = 0, a busy server has n waiting with
    probability proportional to r^n. Who finds it busy waits for a geometric number (parameter r^b) of exponential
    services, that is exponentially with rate mu (1 - r^b).
    """
    root = brentq(lambda r: service * r ** (size + 1) - (arrival + service) * r + arrival, 0.0, 1.0 - 1e-9)
    busy = 1.0 / (1.0 - root)
    idle = service / arrival
    return _delayed(busy / (busy + idle), service * (1.0 - root**size), service)


def priorities_s(arrivals: Sequence[float], service: float, servers: int) -> list[float]:
    """M/M/c with strict priorities, not preemptive: mean time in system of each class [s], the most urgent first.

    A. Cobham, "Priority assignment in waiting line problems", Oper. Res. 2 (1954) 70:
    W_k = C / (c mu) / ((1 - s_(k-1)) (1 - s_k)), with s_k the load of classes 1 to k and C that of Erlang.

    >>> [round(each, 6) for each in priorities_s([0.25, 0.25], 1.0, 1)]
    [1.666667, 2.333333]
    """
    loads = np.concatenate(([0.0], np.cumsum(arrivals))) / (servers * service)
    left_s = erlang_c(sum(arrivals), service, servers) / (servers * service)
    return [float(left_s / ((1 - above) * (1 - own)) + 1 / service) for above, own in pairwise(loads)]


def impatient(arrival: float, service: float, servers: int, patience_s: float) -> tuple[float, float]:
    """M/M/c+D: the share of customers who leave the queue after *patience_s*, and the mean stay of the others [s].

    D. Y. Barrer, "Queuing with impatient customers and ordered service", Oper. Res. 5 (1957) 650. The wait that a
    customer is offered has the density arrival p_(c-1) exp(-(c mu - arrival) w) up to the patience, beyond which nobody
    joins the work ahead and it falls as exp(-c mu w).
    """
    load, full = arrival / service, servers * service
    below = np.cumprod(np.concatenate(([1.0], load / np.arange(1, servers))))
    slack = full - arrival
    mass = -math.expm1(-slack * patience_s) / slack if slack else patience_s
    moment = mass / slack - patience_s * math.exp(-slack * patience_s) / slack if slack else patience_s**2 / 2
    weight = arrival * below[-1]
    left = weight * math.exp(-slack * patience_s) / full
    total = below.sum() + weight * mass + left
    served = 1.0 - left / total
    return float(left / total), float(weight * moment / total / served + 1.0 / service)


def finite_source(users: int, think_s: float, service: float, servers: int) -> tuple[float, float]:
    """M/M/c//N, users who think and ask: answers per second, and mean time in system [s].

    L. Kleinrock, "Queueing Systems" I, 1975, section 3.8; time in system by Little's law, users / rate - think_s (the
    same as exact mean value analysis, M. Reiser and S. S. Lavenberg, J. ACM 27 (1980) 313).

    >>> [round(each, 6) for each in finite_source(1, 3.0, 1.0, 1)]
    [0.25, 1.0]
    """
    n = np.arange(1, users + 1)
    ratios = (users - n + 1) / think_s / (np.minimum(n, servers) * service)
    log_weights = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    weights = np.exp(log_weights - log_weights.max())
    states = weights / weights.sum()
    rate = float(states[1:] @ np.minimum(n, servers)) * service
    return rate, users / rate - think_s


def patient_callers(arrival: float, service: float, servers: int) -> float:
    """Attempts per customer in M/M/c/c where all who are refused call again, after times much longer than a service.

    J. W. Cohen, "Basic problems of telephone traffic theory and the influence of repeated calls", Philips Telecomm.
    Rev. 18 (1957) 49: those who come back are then as good as fresh arrivals of rate r = (arrival + r) B(a), with B
    Erlang's loss formula at a = (arrival + r) / service.

    >>> round(patient_callers(0.5, 1.0, 1), 6)
    2.0
    """

    def lost(extra: float) -> float:
        load, blocked = (arrival + extra) / service, 1.0
        for server in range(1, servers + 1):
            blocked = load * blocked / (server + load * blocked)
        return (arrival + extra) * blocked - extra

    high = arrival
    while lost(high) > 0.0:
        high *= 2.0
    return 1.0 + float(brentq(lost, 0.0, high)) / arrival


def two_choices_s(load: float, service: float) -> float:
    """Mean time in system where each customer joins the shorter of two random M/M/1 queues, out of very many [s].

    M. Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12 (2001) 1094:
    sum over i >= 1 of load^(2^i - 2), in service times.
    """
    return math.fsum(load ** (2.0**i - 2.0) for i in range(1, 40)) / service


def tandem(arrival: float, services: Sequence[float]) -> Law:
    """Time through M/M/1 queues, one after the other: independent exponentials of rates mu_i - lambda, added up.

    What leaves an M/M/1 is a Poisson stream again (P. J. Burke, "The output of a queuing system", Oper. Res. 4 (1956)
    699), and a customer's times in the queues are independent (E. Reich, "Waiting times when queues are in tandem",
    Ann. Math. Stat. 28 (1957) 768).

    >>> round(tandem(0.5, [1.0, 1.0, 1.5]).mean_s, 6)
    5.0
    """
    rates = np.array(services) - arrival
    return phase_type(np.eye(len(rates))[0], np.diag(-rates) + np.diag(rates[:-1], 1))


def fork_join_s(arrival: float, service: float) -> float:
    """Mean time until both of two M/M/1 queues have served their part of a customer [s]: (12 - load) / 8 of one's time.

    R. Nelson and A. N. Tantawi, "Approximate analysis of fork/join synchronization in parallel queues", IEEE Trans.
    Comput. 37 (1988) 739, where the result for two queues is exact.
    """
    return (12.0 - arrival / service) / 8.0 / (service - arrival)


def mh2c_s(arrival: float, servers: int, start: FloatArray, rates: FloatArray) -> float:
    """Mean time in system of M/H2/c [s]: two exponential branches, of probabilities *start* and generator *rates*.

    The Markov chain of customers, and of servers in the first branch, solved up to so many customers that more never
    come (at a load of 0.9, fewer than one in 10^20); then Little's law. With both branches alike it is M/M/c:

    >>> start, rates = np.array([0.3, 0.7]), -np.eye(2)
    >>> bool(np.isclose(mh2c_s(1.8, 2, start, rates), mmc(1.8, 1.0, 2).mean_s))
    True
    """
    first, (fast, slow) = float(start[0]), -np.diag(rates)
    levels = 400 * servers
    states = [(here, busy) for here in range(levels) for busy in range(min(here, servers) + 1)]
    place = {state: number for number, state in enumerate(states)}
    moves = [
        (place[state], place[to], rate)
        for state in states
        for to, rate in _moves(*state, arrival, servers, first, fast, slow)
        if to in place and rate > 0.0
    ]
    origin, target, rate = (np.array(column) for column in zip(*moves, strict=True))
    size = len(states)
    left = np.bincount(origin, weights=rate, minlength=size)
    everyone = np.arange(size)
    into, out_of = np.concatenate((target, everyone)), np.concatenate((origin, everyone))
    balance = csc_array((np.concatenate((rate, -left)), (into, out_of)))
    # The first state's share is set to 1 in place of its own balance, which follows from the others.
    rest = spsolve(balance[1:, 1:], -balance[1:, [0]].toarray()[:, 0])
    shares = np.concatenate(([1.0], rest)) / (1.0 + rest.sum())
    return float(shares @ np.array([here for here, _ in states])) / arrival


def _moves(
    here: int, busy: int, arrival: float, servers: int, first: float, fast: float, slow: float
) -> Iterator[tuple[tuple[int, int], float]]:
    """From a state of `mh2c_s`, customers and servers in the first branch, to the next ones, and at what rate [1/s]."""
    others = min(here, servers) - busy
    if here < servers:
        yield (here + 1, busy + 1), arrival * first
        yield (here + 1, busy), arrival * (1.0 - first)
    else:
        yield (here + 1, busy), arrival
    if here <= servers:
        yield (here - 1, busy - 1), busy * fast
        yield (here - 1, busy), others * slow
    else:  # who waited first takes the server, in either branch
        yield (here - 1, busy), busy * fast * first + others * slow * (1.0 - first)
        yield (here - 1, busy - 1), busy * fast * (1.0 - first)
        yield (here - 1, busy + 1), others * slow * first
