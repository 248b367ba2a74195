"""An endpoint: a model that answers requests on some replicas."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from dcplan.profiling.point import Precision
from dcplan.scenario.autoscaling import Autoscaling, Scheduled
from dcplan.scenario.base import Count, Duration, Name, PositiveDuration, Spec
from dcplan.scenario.batching import Batching
from dcplan.scenario.cache import Cache
from dcplan.scenario.clients import Admission, Discipline, RequestClass, Retry, Slo
from dcplan.scenario.demand import Closed, Demand, FromPipelines
from dcplan.scenario.failures import Failures
from dcplan.scenario.generation import Generation
from dcplan.scenario.service import Service
from dcplan.scenario.sessions import Sessions
from dcplan.scenario.sharing import Sharing
from dcplan.scenario.zones import Zone

EqualRouting = Literal["round_robin", "random", "least_loaded", "power_of_two"]
"""Policies for replicas that are all alike, which all kernels know."""
Routing = Literal[EqualRouting, "power_of_d", "weighted", "shortest_expected_delay", "affinity"]


class Queue(Spec):
    """Where requests wait: one queue in front of each replica, or one that all replicas share."""

    kind: Literal["per_replica", "shared"] = "per_replica"
    """`per_replica` needs a routing policy; from a `shared` queue any free replica takes the next batch."""
    limit: Annotated[int, Field(ge=0, le=10_000_000, strict=True)] | None = None
    """Most requests that may wait in the queue, those in service not counted; more are refused. None: no limit."""
    discipline: Discipline = "fifo"
    """Who is served next: as they came, the class with the lowest `priority`, the nearest deadline, or fair shares."""
    timeout: PositiveDuration | None = None
    """Longest wait in the queue before a request gives up. None: requests are patient."""
    on_timeout: Literal["leave", "serve_in_vain"] = "leave"
    """Whether a request that gives up leaves the queue, or its replica, unaware, serves it all the same."""


class Pool(Spec):
    """Replicas of an endpoint on one kind of server."""

    on: Name
    """The servers (a key of `fleet`) that host them."""
    replicas: Count
    """How many; each takes one slot of a server."""
    precision: Precision | None = None
    """Number format of the arithmetic, if the workload was measured in several; that of the endpoint if not given."""


class Endpoint(Spec):
    """A model served to users."""

    workload: str | None = None
    """What a replica runs: a workload measured for the servers of `on`, see `dcplan list profiles`."""
    service: Service | None = None
    """Instead of a workload: a service time distribution, for theory."""
    on: Name | None = None
    """The servers (a key of `fleet`) that host the replicas."""
    replicas: Count
    """Copies of the model; each takes one slot of a server."""
    also: Annotated[tuple[Pool, ...], Field(max_length=16)] = ()
    """More replicas of the same model on other servers, e.g. [{on: old-gpus, replicas: 4}]."""
    precision: Precision | None = None
    """Number format of the arithmetic, if the workload was measured in several; else the first that was measured."""
    tokens: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] | None = None
    """Tokens of each input, for a workload that was measured over tokens."""
    extrapolate: Literal["none", "roofline"] = "none"
    """Outside what was measured: refuse, or derive from arithmetic and memory limits and mark the run `derived`."""
    samples_per_request: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] = 1
    """Model inputs (images, for an image model) that one request carries."""
    queue: Queue = Queue()
    """Where requests wait."""
    routing: Routing | None = None
    """Which replica a request goes to; `power_of_two` unless said otherwise. Not used with a shared queue."""
    choices: Annotated[int, Field(ge=2, le=64, strict=True)] | None = None
    """For `power_of_d`: how many replicas are drawn, of which the least loaded gets the request."""
    sessions: Sessions | None = None
    """Whose requests come; with `affinity` each session has a replica of its own."""
    zones: Annotated[dict[Name, Zone], Field(max_length=64)] = Field(default_factory=dict)
    """Where requests come from and replicas are, e.g. {a: {replicas: 4, share: 0.6}, b: {replicas: 4, share: 0.4}}."""
    spill_over: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    """Requests that a replica holds when those from its own zone go to any zone; only if none is ready if not given."""
    hop: Duration | None = None
    """Time from one zone to another; a request served in another zone gets its answer two hops later."""
    batching: Batching = Batching()
    """How requests are grouped."""
    demand: Demand
    """How requests arrive."""
    slo: Slo | None = None
    """The latency that was promised, from the first attempt on."""
    classes: Annotated[dict[Name, RequestClass], Field(max_length=64)] = Field(default_factory=dict)
    """Kinds of requests, by name; all are alike if not given."""
    retry: Retry | None = None
    """What requests do that were refused or gave up waiting; they are gone if not given."""
    admission: Admission | None = None
    """A rate limit in front of the queues."""
    generation: Generation | None = None
    """Text is generated token by token, for a workload that was measured in prefill and decode steps."""
    autoscaling: Autoscaling | None = None
    """How many of the replicas serve at a time; all of them if not given."""
    cache: Cache | None = None
    """A cache in front of the rate limit, the queues and the replicas."""

    failures: Failures | None = None
    """How replicas fail; they never do if not given."""
    sharing: Sharing | None = None
    """Each replica is a device that runs several batches at once, of as many models as there are classes."""

    @model_validator(mode="after")
    def _consistent(self) -> Endpoint:
        if self.sharing is not None:
            self._check_sharing()
        elif own := [f"class {name} has its own '{key}'" for name, each in self.classes.items() for key in each.model]:
            raise ValueError(f"{own[0]}, so its batches are apart from others; add e.g. sharing: {{instances: 1}}")
        elif (self.workload is None) == (self.service is None):
            raise ValueError("give either 'workload' (measured) or 'service' (a distribution), not both")
        if self.workload is not None and self.on is None:
            raise ValueError("a workload runs on servers; add 'on: <a key of fleet>'")
        if self.service is not None and (self.precision or self.tokens or self.extrapolate != "none"):
            raise ValueError("precision, tokens and extrapolate need a measured workload; a 'service' has none")
        if self.service is not None and self.samples_per_request != 1:
            raise ValueError("samples_per_request needs a measured workload; a 'service' is a time per batch")
        if self.queue.kind == "shared" and self.batching.delay_from == "pickup":
            raise ValueError("delay_from: pickup needs a queue in front of each replica, queue: {kind: per_replica}")
        if self.queue.kind == "shared" and self.routing is not None:
            raise ValueError("a shared queue has no routing; remove 'routing' or use queue: {kind: per_replica}")
        if (self.choices is not None) != (self.routing == "power_of_d"):
            raise ValueError("routing: power_of_d goes with the number of replicas that it compares, e.g. choices: 3")
        if (self.choices or 0) > self.all_replicas:
            raise ValueError(f"choices: {self.choices} of {self.all_replicas} replicas are all; use least_loaded")
        self._check_sessions()
        if self.also and self.on is None:
            raise ValueError("'also' names more servers; the first ones are named by 'on'")
        if len({(pool.on, pool.precision or self.precision) for pool in self.pools}) < len(self.pools):
            raise ValueError("'also' names servers named before; add the replicas there, or say another 'precision'")
        self._check_classes()
        self._check_generation()
        self._check_autoscaling()
        self._check_zones()
        if self.cache is not None and isinstance(self.demand, FromPipelines):
            raise ValueError("a stage of a pipeline cannot stand behind a cache yet; remove 'cache'")
        if self.cache is not None and isinstance(self.demand, Closed):
            raise ValueError(
                "a cache cannot be in front of users who wait for their answers yet, because what they ask depends on "
                "when they get it; use another demand, e.g. {kind: poisson, rate: 60 /s}, or remove 'cache'"
            )
        return self

    def _check_autoscaling(self) -> None:
        """Raise a ValueError if replicas cannot come and go as asked."""
        scaling = self.autoscaling
        if scaling is None:
            return
        if scaling.least == 0 and self.queue.kind != "shared":
            raise ValueError(
                "without any replica requests can only wait in a queue that all share; use queue: {kind: shared}, or "
                "raise autoscaling's 'least' to 1"
            )
        if scaling.idle_servers == "switch_off" and self.on is None:
            raise ValueError("idle_servers: switch_off needs servers; add 'on: <a key of fleet>', or remove it")
        if scaling.idle_servers == "switch_off" and self.also:
            raise ValueError("idle_servers: switch_off cannot be combined with 'also' yet; remove one of them")
        steps = [step.replicas for step in scaling.steps] if isinstance(scaling, Scheduled) else []
        asked = max([scaling.least, *steps])
        if asked > self.all_replicas:
            raise ValueError(
                f"autoscaling asks for {asked} replicas, but there are {self.all_replicas} at most; raise 'replicas'"
            )

    def _check_sessions(self) -> None:
        """Raise a ValueError if sessions do not fit the rest."""
        if self.sessions is None:
            if self.routing == "affinity":
                raise ValueError("routing: affinity needs 'sessions', e.g. sessions: {count: 10000, skew: 0.0}")
            return
        if self.zones:
            raise ValueError("sessions cannot be combined with zones yet; remove one of them")
        useful = self.sessions.warm is not None or self.generation is not None
        if self.routing != "affinity" and (not useful or self.sessions.bound is not None):
            wrong = "their 'bound'" if useful else "sessions"
            raise ValueError(f"without routing: affinity, {wrong} would change nothing; add it, or remove {wrong}")

    def _check_zones(self) -> None:
        """Raise a ValueError if zones do not fit the rest."""
        if not self.zones:
            if self.spill_over is not None or self.hop is not None:
                key = "hop" if self.spill_over is None else "spill_over"
                raise ValueError(f"{key} is about zones; name them in 'zones', or remove '{key}'")
            return
        if self.hop is None:
            raise ValueError("zones need the time from one to another; add e.g. 'hop: 1 ms'")
        if self.queue.kind == "shared" or self.also:
            wrong = "'also'" if self.also else "queue: {kind: shared}"
            raise ValueError(f"zones have replicas of one kind with a queue each; remove {wrong}, or 'zones'")
        if self.autoscaling is not None and self.autoscaling.idle_servers == "switch_off":
            raise ValueError("idle_servers: switch_off cannot be combined with zones yet; remove one of them")
        if (found := sum(zone.replicas for zone in self.zones.values())) != self.replicas:
            raise ValueError(f"the zones have {found} replicas, but 'replicas' says {self.replicas}; make them equal")

    def _check_generation(self) -> None:
        """Raise a ValueError if something is asked of a generated text that it cannot have."""
        if self.generation is None:
            return
        if self.workload is None:
            raise ValueError("generation needs a workload that was measured in prefill and decode steps")
        cannot = {
            "batching": self.batching != Batching(),
            "samples_per_request": self.samples_per_request != 1,
            "tokens": self.tokens is not None,
            "also": bool(self.also),
            f"routing: {self.routing}": self.unequal and self.routing != "affinity",
            "demand: {kind: pipelines}": isinstance(self.demand, FromPipelines),
            "sessions: {warm: ...}": self.sessions is not None and self.sessions.warm is not None,
            "queue: {kind: shared}": self.queue.kind == "shared",
            "on_timeout: serve_in_vain": self.queue.on_timeout != "leave",
            "classes, admission or users": bool(self.classes or self.admission or isinstance(self.demand, Closed)),
        }
        if wrong := [key for key, given in cannot.items() if given]:
            raise ValueError(f"generation batches by itself and cannot be combined with {wrong[0]} yet; remove it")
        if (self.sessions is None) != (self.generation.conversations is None):
            raise ValueError(
                "sessions go with generation's 'conversations', which say what their requests have in common; give "
                "both, e.g. sessions: {count: 1000, skew: 0.0} and conversations: {turns: 5, most: 2048}, or neither"
            )
        self._check_disaggregated(self.generation)

    def _check_disaggregated(self, generation: Generation) -> None:
        """Raise a ValueError if prompts cannot have replicas of their own."""
        if generation.disaggregated is None:
            return
        prefill = generation.disaggregated.prefill_replicas
        if prefill >= self.replicas:
            raise ValueError(
                f"{prefill} prefill_replicas of {self.replicas} replicas leave none that writes answers; raise "
                "'replicas'"
            )
        if self.zones:
            raise ValueError("disaggregated replicas cannot be in zones yet; remove 'zones'")
        if self.failures is not None and self.retry is not None:
            raise ValueError(
                "what disaggregated replicas lose as they fail cannot come back yet; remove 'retry' or 'failures'"
            )
        if self.autoscaling is not None:
            raise ValueError("disaggregated replicas cannot come and go yet; remove 'autoscaling'")

    def _check_classes(self) -> None:
        """Raise a ValueError if classes and waiting do not fit together."""
        if self.queue.discipline != "fifo" and len(self.classes) < 2:
            raise ValueError(f"discipline: {self.queue.discipline} tells classes apart; name at least two in 'classes'")
        if self.queue.discipline == "deadline" and all(each.deadline is None for each in self.classes.values()):
            raise ValueError("discipline: deadline needs a deadline; add e.g. 'deadline: 200 ms' to a class")
        kinds = self.kinds
        gives_up = any(each.timeout for each in kinds.values())
        if self.queue.on_timeout != "leave" and not gives_up:
            raise ValueError(f"on_timeout: {self.queue.on_timeout} needs a timeout, e.g. queue: {{timeout: 1 s}}")
        limited = any(each.limit is not None for each in kinds.values())
        if self.retry and not (self.admission or gives_up or limited or self.failures):
            raise ValueError(
                "retry: no attempt can fail; add a timeout or a limit to the queue, an admission, or failures"
            )
        for name, each in kinds.items():
            if each.timeout is not None and self.batching.kind == "static":
                raise ValueError("static batches wait until they are full, whoever gives up; use kind: dynamic")
            if each.timeout is not None and each.timeout <= self.batching.max_delay:
                who = f"class {name}" if self.classes else "a request"
                raise ValueError(
                    f"{who} gives up after {each.timeout:g} s, before a batch that is not full starts "
                    f"(max_delay: {self.batching.max_delay:g} s); make the time-out longer than max_delay"
                )

    def _check_sharing(self) -> None:
        """Raise a ValueError if something is asked of devices that are shared which they cannot do."""
        cannot = {
            "queue: {kind: shared}": self.queue.kind == "shared",
            f"discipline: {self.queue.discipline}": self.queue.discipline != "fifo",
            "timeout": any(each.timeout for each in self.kinds.values()),
            "zones": bool(self.zones),
            f"routing: {self.policy}": self.unequal,
            f"demand: {{kind: {self.demand.kind}}}": isinstance(self.demand, Closed | FromPipelines),
            "delay_from: pickup": any(each.batching.delay_from == "pickup" for each in self.models.values()),
            "batching: {kind: adaptive}": any(each.batching.kind == "adaptive" for each in self.models.values()),
        }
        cannot |= {
            key: getattr(self, key) not in (None, ())
            for key in ("also", "retry", "admission", "cache", "failures", "generation", "sessions")
        }
        if wrong := [key for key, given in cannot.items() if given]:
            raise ValueError(f"sharing cannot be combined with {wrong[0]} yet; remove one of them")
        for name, each in self.models.items():
            who = f"class {name}: " if self.classes else ""
            if (each.workload is None) == (each.service is None):
                raise ValueError(f"{who}give either 'workload' (measured) or 'service' (a distribution), not both")
            if each.workload is not None and self.on is None:
                raise ValueError("a workload runs on servers; add 'on: <a key of fleet>'")
            if each.service is not None and (each.precision or each.tokens or each.samples_per_request != 1):
                raise ValueError(f"{who}precision, tokens, size and samples_per_request need a measured workload")
        if len({each.service is None for each in self.models.values()}) > 1:
            raise ValueError("some classes have a 'workload' and some a 'service'; give all the same")

    @property
    def models(self) -> dict[str, Endpoint]:
        """Under `sharing`: what the endpoint would be for each class alone, by name; one called "all" if none was."""
        own = ("precision", "tokens", "batching")
        return {
            name: self.model_copy(
                update={key: getattr(each, key) for key in own if getattr(each, key) is not None}
                | ({"workload": each.workload, "service": each.service} if each.workload or each.service else {})
                | {"samples_per_request": each.size * self.samples_per_request, "slo": each.slo, "classes": {}}
            )
            for name, each in self.kinds.items()
        }

    @property
    def kinds(self) -> dict[str, RequestClass]:
        """The classes of requests, with what they take from the endpoint; one called "all" if none was named."""
        named = self.classes or {"all": RequestClass()}
        return {
            name: each.model_copy(
                update={
                    "timeout": each.timeout or self.queue.timeout,
                    "limit": self.queue.limit if each.limit is None else each.limit,
                    "slo": each.slo or self.slo,
                }
            )
            for name, each in named.items()
        }

    @property
    def promises(self) -> bool:
        """Whether anything was promised to all requests."""
        return self.slo is not None or (self.generation is not None and self.generation.promises)

    @property
    def several_promises(self) -> bool:
        """Whether "as promised" means more than one latency: for some class another, or for tokens as well."""
        tokens = self.generation is not None and self.generation.promises
        return tokens or any(each.slo != self.slo for each in self.kinds.values())

    @property
    def interacts(self) -> bool:
        """Whether requests or replicas differ, give up or come back, so that each request has a class."""
        demand = isinstance(self.demand, Closed | FromPipelines)
        requests = self.classes or self.retry or self.admission or self.queue.timeout or demand or self.sessions
        replicas = self.also or self.unequal or self.batching.kind == "adaptive" or self.failures or self.zones
        scaled = self.autoscaling and self.queue.kind == "shared"
        return bool(requests or replicas or scaled or self.sharing)

    @property
    def unequal(self) -> bool:
        """Whether the routing policy looks at more than the loads of two replicas."""
        return self.policy not in get_args(EqualRouting)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Where the replicas are; empty if they need no servers."""
        if self.on is None:
            return ()
        return (Pool(on=self.on, replicas=self.replicas, precision=self.precision), *self.also)

    @property
    def pool_names(self) -> tuple[str, ...]:
        """What the pools are called: as their servers, with the number format where these host several."""
        hosts = [pool.on for pool in self.pools]
        return tuple(
            f"{pool.on}-{pool.precision}" if hosts.count(pool.on) > 1 and pool.precision else pool.on
            for pool in self.pools
        )

    @property
    def all_replicas(self) -> int:
        """Replicas on all servers together."""
        return self.replicas + sum(pool.replicas for pool in self.also)

    @property
    def policy(self) -> Routing:
        """The routing policy in force."""
        return self.routing or "power_of_two"
