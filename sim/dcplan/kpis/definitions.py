"""Every KPI: its name, unit and meaning.

`<name>` stands for an endpoint or a training queue, `<class>` for a class of requests, and `<pool>` for the replicas on
one kind of server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Kpi:
    """One KPI."""

    name: str
    unit: str
    meaning: str


SITE = (
    Kpi("pue", "-", "power usage effectiveness (ISO/IEC 30134-2), interim, category 3 (IT energy at the servers' plugs; 1 would be at the output of the UPS, 2 of the distribution): energy at the meter, with fuel of generators at 9.9 kWh/L (EN 50600-4-2), / IT energy"),
    Kpi("wue_l_per_kwh", "L/kWh", "water usage effectiveness (ISO/IEC 30134-9), site water: make-up water / IT energy"),
    Kpi("cue_kg_per_kwh", "kg/kWh", "carbon usage effectiveness (ISO/IEC 30134-8), location-based, scope 2: CO2e of the energy / IT energy"),
    Kpi("it_energy_kwh", "kWh", "energy at the servers' plugs, their power supplies and fans included"),
    Kpi("facility_energy_kwh", "kWh", "energy that the building draws: at the utility meter, if nothing is generated on site, and of standby generators"),
    Kpi("facility_energy_unused_kwh", "kWh", "part of that on slots nobody has reserved, in proportion to the energy at the servers' plugs, step by step"),
    Kpi("peak_power_kw", "kW", "highest power that the building draws, mean over one step: at the utility meter, if nothing is generated on site"),
    Kpi("load_factor", "-", "mean power / highest power, both of the building"),
    Kpi("water_m3", "m3", "make-up water of towers, pads and humidifiers: evaporation, drift and blow-down"),
    Kpi("carbon_kg", "kg", "CO2e of the electricity, location-based (GHG Protocol, scope 2): energy from the grid x what the grid emits per kWh"),
    Kpi("cost_total_usd", "USD", "electricity, water, and the share of servers, building and energy on site that the horizon uses up; with `finance` also of network and land, maintenance, staff, property tax and insurance"),
    Kpi("cost_electricity_usd", "USD", "the electricity bill; monthly items by the share of the month that is simulated"),
    Kpi("cost_capital_usd", "USD", "annuity of servers, building and energy on site (with `finance`, of network and land as well) over the horizon, with the upkeep of energy on site"),
    Kpi("cost_unused_usd", "USD", "part of the total that falls on slots nobody has reserved"),
    Kpi("economiser_share", "-", "share of the hours in which at least half of the heat leaves without a compressor"),
    Kpi("ppue_cooling", "-", "partial PUE of cooling (ISO/IEC 30134-2): 1 + energy of compressors, fans, pumps, humidifiers / IT energy"),
    Kpi("mlc", "-", "mechanical load component, after ASHRAE 90.4 but over the run instead of at four loads of a design: energy of cooling (compressors, fans of room, towers and outdoor air, pumps, humidifiers) / IT energy at the servers' plugs; power supplies, server fans and electrical losses are left out (see elc)"),
    Kpi("cer", "-", "cooling efficiency ratio (ISO/IEC 30134-7): heat removed from room, coolant and chilled water / energy of cooling"),
    Kpi("heat_reused_kwh", "kWh", "heat handed over at the building's boundary: taken out of water, and the work of a heat pump, which is energy at the meter and of no KPI of cooling"),
    Kpi("erf", "-", "energy reuse factor (ISO/IEC 30134-6): heat handed over at the building's boundary / energy at the meter"),
    Kpi("ere", "-", "energy reuse effectiveness (The Green Grid): (energy at the meter - heat handed over) / IT energy = (1 - ERF) PUE"),
    Kpi("rci_high", "-", "rack cooling index (Herrlin 2005) over time: 1 - mean excess of the inlet air over the recommended envelope / (allowable - recommended highest)"),
    Kpi("rci_low", "-", "the same below the recommended envelope"),
    Kpi("hours_outside_recommended", "h", "hours in which the air into the servers is outside ASHRAE's recommended envelope: temperature, dew point or humidity"),
    Kpi("hours_outside_allowable", "h", "hours in which it is outside the allowable envelope of the servers' class, derated for altitude"),
    Kpi("hours_extrapolated", "h", "hours in which a curve of the plant is used outside its data"),
    Kpi("hours_over_limit", "h", "hours in which a rating of the power chain or the plant is exceeded"),
    Kpi("hours_redundancy_lost", "h", "hours in which the load needs the spare UPS module or chiller, and all heat is removed"),
    Kpi("hours_cooling_short", "h", "hours in which the plant cannot remove all heat"),
    Kpi("iteusv", "-", "IT equipment utilisation of servers (ISO/IEC 30134-5): busy slot-hours / slot-hours of all servers, switched off or not"),
    Kpi("itue", "-", "IT power usage effectiveness (M. K. Patterson et al., ISC 2013): energy at the servers' plugs / the same less their power supplies' losses and, where the profile tells it, fans"),
    Kpi("tue", "-", "total power usage effectiveness, PUE x iTUE: energy at the meter / energy that reaches processors, memory and boards"),
    Kpi("elc", "-", "electrical loss component, after ASHRAE 90.4 but over the run instead of at the design load: losses of transformer, switchgear, UPS and distribution / IT energy"),
    Kpi("stranded_kw", "kW", "server power that the building is made for and nobody can use, because another limit binds first (racks, rows, hall, distribution, UPS, transformer, utility)"),
    Kpi("stranded_share", "-", "the same / server power that the building is made for"),
)  # fmt: skip

LEVELS = {
    "rack": "limits of all racks", "row": "limits of all rows", "hall": "limit of the hall", "distribution": "rating of the distribution",
    "ups": "rating of the UPS without spare modules", "transformer": "rating of the transformer", "utility": "limit of the utility",
}  # fmt: skip

STRANDED = tuple(
    kpi
    for level, what in LEVELS.items()
    for kpi in (
        Kpi(f"stranded_{level}_kw", "kW", f"part of the {what} that nobody can use, as server power, because another level binds first"),
        Kpi(f"stranded_{level}_share", "-", f"the same / server power that the {what} would carry, with losses and cooling as at the peak"),
    )
)  # fmt: skip
"""KPIs of the levels of a power chain; racks, rows and hall where they have a limit."""

STANDBY = (
    Kpi("generator_fuel_l", "L", "fuel of the standby generators: monthly tests, by the share of the month that is simulated, and power cuts"),
    Kpi("generator_carbon_kg", "kg", "CO2e of burning that fuel, scope 1; not part of carbon_kg"),
)  # fmt: skip
"""KPIs of a building with standby generators."""

PERMITTED = (
    Kpi("generator_hours_beyond_emergencies", "h", "hours that the standby generators run beyond emergencies in the counted time: monthly tests, by the share of the month, and demand response"),
)  # fmt: skip
"""KPIs of a building whose generators have a permit."""

ENERGY = (
    Kpi("grid_energy_kwh", "kWh", "energy from the grid, at the utility meter: of the building, less sun, wind and generators, with the losses of the battery on site"),
    Kpi("grid_peak_kw", "kW", "highest power from the grid, mean over one step"),
    Kpi("export_kwh", "kWh", "energy to the grid"),
    Kpi("solar_kwh", "kWh", "energy of the solar modules that is used, stored or exported"),
    Kpi("wind_kwh", "kWh", "energy of the wind turbines that is used, stored or exported"),
    Kpi("curtailed_kwh", "kWh", "energy that sun and wind could have given and nobody took"),
    Kpi("on_site_share", "-", "energy of sun and wind that stays on site / energy of the building"),
    Kpi("battery_discharged_kwh", "kWh", "energy that the battery on site gave"),
    Kpi("battery_cycles", "cycles", "full cycles of the battery on site: half of the energy in and out / its capacity"),
    Kpi("battery_replaced_years", "a", "years until 80 % of the battery's capacity is left, if every day is like the mean of the counted time; at most 40"),
    Kpi("dispatch_saving_usd", "USD", "what the battery's rule saves of energy and demand charges, against no battery"),
    Kpi("dispatch_gap_usd", "USD", "what a battery that knows all of the future would save beyond that, ending at least as full"),
    Kpi("response_asked_kwh", "kWh", "energy that demand response asks the site to do without"),
    Kpi("response_unmet_kwh", "kWh", "part of it, of what the building draws beyond sun and wind, that neither battery nor generators gave"),
)  # fmt: skip
"""KPIs of a scenario with energy on site."""

ROOM = (
    Kpi("minutes_to_overheat", "min", "time from the loss of all cooling, at the servers' mean power, until their inlet air reaches 'shutdown', or else 'throttling.ends': store of chilled water / power, then the time in which air and metal of a rack warm by the difference to the mean inlet air"),
)  # fmt: skip
"""KPIs of a building that says how its room stands a loss of cooling ('ride_through')."""

INCIDENTS = (
    Kpi("inlet_max_c", "degC", "warmest air into the servers in the counted time, what nobody removes included"),
    Kpi("hours_throttled", "h", "hours in which warm air slows servers down, or a power cap meanwhile"),
    Kpi("hours_shut_down", "h", "hours in which servers are off because of warm air or no power, starting up included"),
)
"""KPIs of a scenario with incidents, or with a breaker of the utility."""

CAPPED = (Kpi("hours_power_capped", "h", "hours in which a power cap slows down at least one group of servers"),)
"""KPIs of a building with power capping."""

PROTECTED = (
    Kpi("breaker_trips", "trips", "breakers that tripped in the counted time; all racks of a group trip as one, and so do all its rows"),
    Kpi("hours_tripped", "h", "hours in which at least one breaker is open"),
)  # fmt: skip
"""KPIs of a building with breakers."""

BENCHMARKED = (
    Kpi("iteesv", "1/J", "IT equipment energy efficiency of servers (ISO/IEC 30134-4): sum of highest performances / sum of highest powers"),
)  # fmt: skip
"""KPIs of servers whose profiles tell their performance in a benchmark."""

CARBON = (
    Kpi("carbon_market_kg", "kg", "CO2e of the electricity, market-based (GHG Protocol, scope 2): energy that no contract covers x residual mix"),
    Kpi("carbon_marginal_kg", "kg", "energy from the grid x what one kWh more makes it emit at that time: how emissions would change without the run, of no scope"),
    Kpi("carbon_embodied_kg", "kg", "CO2e of making servers and building (scope 3, cradle to gate), linearly by the share of their lives"),
    Kpi("carbon_free_share", "-", "energy from the grid that is free of carbon in the very step in which it is used, by contract or by the grid's mix / energy from the grid (Google 2021, 24/7 carbon-free energy score)"),
    Kpi("grid_water_m3", "m3", "water consumed to generate the electricity from the grid"),
    Kpi("wue_source_l_per_kwh", "L/kWh", "water usage effectiveness at the source (The Green Grid 2011): (make-up water + water consumed to generate the electricity) / IT energy"),
)  # fmt: skip
"""KPIs of sites whose scenario says more about the grid than its name, or counts what was made."""

OWNERSHIP = (
    Kpi("tco_usd_per_year", "USD", "total cost of ownership of a year, as if every week were like the counted time: annuities of servers, network, building, land; electricity, water; maintenance, staff, property tax, insurance; before income tax"),
    Kpi("capital_first_usd", "USD", "price of everything that is bought at the beginning"),
    Kpi("ownership_present_usd", "USD", "present value of all that is paid over `finance.years`: purchases, running costs, income tax, less what is left at the end; discounted yearly"),
    Kpi("device_use", "-", "hours of devices in use / hours of all devices; in use are replicas that endpoints keep, busy or not, and slots on which jobs run; devices are accelerators, or slots of servers without"),
    Kpi("tco_usd_per_gpu_hour", "USD", "total cost of ownership of a year / hours of devices in use"),
    Kpi("tco_usd_per_gpu_hour_installed", "USD", "the same / hours of all devices, used or not"),
    Kpi("tco_usd_per_kw_month", "USD", "total cost of ownership of a year / 12 / kW of servers that the building is made for"),
    Kpi("building_usd_per_kw_month", "USD", "the same of the building alone, as a colocation's rent: building, land, its maintenance and staff, water, its property tax and insurance; no electricity"),
    *(
        kpi
        for way, what in (("colocation", "in rented room with servers of one's own"), ("cloud", "with rented accelerators"))
        for kpi in (
            Kpi(f"{way}_usd_per_year", "USD", f"cost of a year {what}"),
            Kpi(f"{way}_usd_per_gpu_hour", "USD", f"cost of a year {what} / hours of devices in use"),
            Kpi(f"npv_against_{way}_usd", "USD", f"net present value of building instead: what is paid less than {what}, over `finance.years`, discounted"),
            Kpi(f"irr_against_{way}", "-", "internal rate of return of the same, by the year; no value: no rate makes it break even, or several do"),
            Kpi(f"payback_against_{way}_months", "months", "months until what is saved has paid for what is bought, for good, undiscounted; no value: never within `finance.years`"),
        )
    ),
    Kpi("break_even_use_build", "-", "device use from which on building is cheaper than rented accelerators; no value: nowhere"),
    Kpi("break_even_use_colocation", "-", "device use from which on servers of one's own in rented room are cheaper than rented accelerators; no value: nowhere"),
)  # fmt: skip
"""KPIs of a scenario with `finance`."""

CONTRACT = (
    Kpi("ppa_matched_share", "-", "energy of the power purchase agreement that is used while it is produced / energy from the grid; by the interval, not by the year"),
    Kpi("ppa_used_share", "-", "the same / energy that is produced"),
)  # fmt: skip
"""KPIs of a site with a power purchase agreement."""

AVAILABILITY = (
    Kpi("site_availability", "-", "share of the time in which the building gives its servers power and cool air and they have started since, in the long run: block diagram of power chain and cooling in closed form, batteries and ride-through included, planned maintenance and the servers' own failures not"),
    Kpi("site_availability_simulated", "-", "the same in simulated years, overlapping outages counted once"),
    Kpi("site_outages_per_year", "1/a", "outages that servers feel: longer than what batteries, generators and the warming of the room bridge"),
    Kpi("site_outage_minutes_per_year", "min", "(1 - site_availability) x a year of 365 days"),
    Kpi("site_outage_minutes_p99", "min", "minutes of outage that one simulated year in a hundred exceeds"),
    Kpi("site_quiet_years", "-", "share of the simulated years without an outage"),
    Kpi("requests_lost_per_year", "requests", "requests of users that come during outages: their mean rate in the run x the time of outages"),
    Kpi("uptime_tier", "-", "highest tier (1 to 4, Uptime Institute, topology) of which the scenario lacks nothing that can be checked in it; 0 if none"),
    Kpi("en_50600_power_class", "-", "highest availability class of EN 50600-2-2 (power) likewise"),
    Kpi("en_50600_cooling_class", "-", "highest availability class of EN 50600-2-3 (cooling) likewise"),
)  # fmt: skip
"""KPIs of a scenario with `availability`."""

AVAILABILITY_GPU = (
    Kpi("gpu_hours_lost_per_year", "h", "hours of all accelerators without power or cool air, their server's power supplies included, and of training what is repeated since the last checkpoint"),
)  # fmt: skip
"""KPIs of one whose servers hold accelerators."""

CREDITS = (
    Kpi("sla_credit_usd_per_year", "USD", "credits given back in a year: sum over its months of price x the credit for the month's availability, mean over the simulated years"),
    Kpi("sla_credit_p99_usd_per_year", "USD", "credits that one simulated year in a hundred exceeds"),
)  # fmt: skip
"""KPIs of one with a table of credits."""

OF_SITES = (
    *SITE, *CARBON, *STRANDED, *STANDBY, *PERMITTED, *ENERGY, *ROOM, *INCIDENTS, *CAPPED, *PROTECTED, *BENCHMARKED, *OWNERSHIP, *CONTRACT,
    *AVAILABILITY, *AVAILABILITY_GPU, *CREDITS,
)  # fmt: skip
"""KPIs that a site may have."""

ENDPOINT = (
    Kpi("requests", "requests", "requests that arrived"),
    Kpi("throughput_rps", "1/s", "requests answered per second"),
    Kpi("latency_mean_s", "s", "mean time from arrival to answer"),
    Kpi("latency_p50_s", "s", "half of all answers come within this time"),
    Kpi("latency_p95_s", "s", "95 % of all answers come within this time"),
    Kpi("latency_p99_s", "s", "99 % of all answers come within this time"),
    Kpi("wait_mean_s", "s", "mean time in a queue of an attempt that was served, those served in vain included; hits of a cache never queue"),
    Kpi("utilisation", "-", "share of the time that a replica is busy"),
    Kpi("batch_mean", "requests", "mean requests in a batch"),
    Kpi("slo_attainment", "-", "share of all requests that were answered within the promised latency (drops count against it)"),
    Kpi("dropped", "requests", "requests that were never answered: refused, or given up"),
    Kpi("energy_kwh", "kWh", "energy at the servers' plugs: busy power, and idle power of the reserved slots that are not switched off"),
    Kpi("facility_energy_kwh", "kWh", "energy at the meter: its part of the whole, in proportion to the energy at the servers' plugs, step by step"),
    Kpi("cost_usd", "USD", "what the endpoint costs: energy and water by energy, servers and building by reserved slots, used or not"),
    Kpi("energy_j_per_request", "J", "the same energy per answer"),
    Kpi("cost_usd_per_1k_requests", "USD", "the same cost for 1,000 answers"),
)  # fmt: skip

PIPELINE = tuple(
    kpi
    for kpi in ENDPOINT
    if kpi.name
    in ("requests", "throughput_rps", "latency_mean_s", "latency_p50_s", "latency_p95_s", "latency_p99_s", "slo_attainment", "dropped",
        "energy_j_per_request", "cost_usd_per_1k_requests")
)  # fmt: skip
"""KPIs of pipelines: from the arrival to the last answer."""

TRAINING = (
    Kpi("jobs", "jobs", "jobs submitted"),
    Kpi("finished", "jobs", "jobs finished by the end of the run"),
    Kpi("wait_mean_s", "s", "mean time from submission to start, of the jobs that started"),
    Kpi("makespan_s", "s", "time from the submission of a set of jobs to the end of its last job, mean over the sets that finished"),
    Kpi("goodput", "-", "useful work of the finished jobs / slot time they held; below 1 only when work is lost (failures are not simulated yet)"),
    Kpi("gpu_hours", "h", "device-hours busy: slots of the servers, whatever the device"),
    Kpi("utilisation", "-", "share of the reserved slot time that was busy"),
    Kpi("energy_kwh", "kWh", "energy at the servers' plugs, idle power of the reserved slots included"),
    Kpi("facility_energy_kwh", "kWh", "energy at the meter: its part of the whole, in proportion to the energy at the servers' plugs, step by step"),
)  # fmt: skip

JOBS = (
    Kpi("cost_usd", "USD", "what the queue costs: energy and water by energy, all else by reserved slots, used or not; with `finance`"),
    Kpi("cost_usd_per_job", "USD", "cost of a training run that finished: the queue's cost by the slot time that each job held, mean; with `finance`"),
)  # fmt: skip
"""KPIs of training queues in a scenario with `finance`."""

FLEXIBLE = (
    Kpi("shift_wait_mean_s", "s", "mean time that jobs which may wait did so for cheap or green hours, beyond waiting for a slot"),
    Kpi("shift_saved_usd", "USD", "what that saves of the energy price, at the power of a busy slot above rest; demand charges and cooling are not in it"),
    Kpi("shift_saved_kg", "kg", "CO2e that it saves, at the power of a busy slot above rest, location-based"),
)  # fmt: skip
"""KPIs of queues whose jobs may wait."""

OF_QUEUES = (*TRAINING, *JOBS, *FLEXIBLE)

INTERACTING = (
    Kpi("attempts_per_request", "-", "attempts, retries included, per request that came"),
    Kpi("refused", "attempts", "attempts refused because the queue was full"),
    Kpi("rate_limited", "attempts", "attempts refused by the rate limit"),
    Kpi("timed_out", "attempts", "attempts that gave up waiting in the queue"),
    Kpi("wasted", "attempts", "attempts that gave up waiting and were served in vain"),
    Kpi("lost", "attempts", "attempts that failed with their replica"),
)  # fmt: skip
"""KPIs of endpoints whose requests or replicas differ, give up, come back or are limited."""

ZONES = (Kpi("spilled", "attempts", "attempts sent to a replica in another zone"),)
"""KPIs of endpoints with replicas in several zones."""

FAILING = (
    Kpi("failures", "failures", "failures of replicas in the counted time"),
    Kpi("availability", "-", "share of the time that a replica is not out of order"),
)
"""KPIs of endpoints whose replicas fail."""

SCALING = (
    Kpi("replicas_mean", "replicas", "replicas that serve or are being started, mean over the counted time"),
    Kpi("replicas_most", "replicas", "most replicas that served or were being started at a time"),
    Kpi("replica_hours", "h", "replica-hours that served or were being started"),
    Kpi("replica_hours_starting", "h", "of these, replica-hours spent on starting"),
    Kpi("starts", "replicas", "replicas that were started in the counted time"),
    Kpi("slot_hours_off", "h", "slot-hours of servers that were switched off, because all replicas on them were given up"),
    Kpi("scalings", "changes", "changes of the number of replicas in the counted time"),
)  # fmt: skip
"""KPIs of endpoints whose replicas come and go."""

GENERATION = (
    Kpi("ttft_p50_s", "s", "time to first token: half of all answers begin within this time"),
    Kpi("ttft_p95_s", "s", "time to first token: 95 % of all answers begin within this time"),
    Kpi("ttft_p99_s", "s", "time to first token: 99 % of all answers begin within this time"),
    Kpi("tpot_p50_s", "s", "time per output token after the first, mean over an answer: half of all answers are faster"),
    Kpi("tpot_p95_s", "s", "time per output token after the first, mean over an answer: 95 % of all answers are faster"),
    Kpi("tpot_p99_s", "s", "time per output token after the first, mean over an answer: 99 % of all answers are faster"),
    Kpi("tokens_per_s", "1/s", "tokens of completed answers per second, those from a cache not counted"),
    Kpi("goodput_rps", "1/s", "answers per second that kept every promise: first token, further tokens, whole answer"),
    Kpi("preempted", "sequences", "sequences that had to start over because the KV cache was full"),
    Kpi("swapped", "sequences", "sequences whose KV cache went to host memory because there was no room for it"),
    Kpi("prefix_hit_ratio", "-", "tokens of prompts that were in the prefix cache of their replica / tokens of prompts"),
)  # fmt: skip
"""KPIs of endpoints that generate text token by token."""

CACHE = (
    Kpi("cache_hit_ratio", "-", "share of the requests that the cache answers"),
    Kpi("cache_hit_ratio_expected", "-", "that share in theory: by Che's approximation (lru), or by the formula of a ttl at the rate of each step"),
)  # fmt: skip
"""KPIs of endpoints behind a cache."""

OF_ENDPOINTS = (*ENDPOINT, *INTERACTING, *ZONES, *SCALING, *FAILING, *GENERATION, *CACHE)
"""KPIs that an endpoint may have."""

OF_A_CLASS = (
    "requests",
    "latency_mean_s",
    "latency_p50_s",
    "latency_p95_s",
    "latency_p99_s",
    "slo_attainment",
    "dropped",
)
"""KPIs of an endpoint that each of its named classes has as well."""


OF_A_POOL = ("utilisation",)
"""KPIs of an endpoint that its replicas on each kind of server have as well, where there are several."""


def listed() -> list[Kpi]:
    """All KPIs, with `<name>` where the scenario's own names go."""
    return [
        *OF_SITES,
        *(Kpi(f"endpoints.<name>.{kpi.name}", kpi.unit, kpi.meaning) for kpi in OF_ENDPOINTS),
        *(
            Kpi(f"endpoints.<name>.classes.<class>.{kpi.name}", kpi.unit, kpi.meaning)
            for kpi in ENDPOINT
            if kpi.name in OF_A_CLASS
        ),
        *(
            Kpi(f"endpoints.<name>.pools.<pool>.{kpi.name}", kpi.unit, kpi.meaning)
            for kpi in ENDPOINT
            if kpi.name in OF_A_POOL
        ),
        *(Kpi(f"pipelines.<name>.{kpi.name}", kpi.unit, kpi.meaning) for kpi in PIPELINE),
        *(Kpi(f"training.<name>.{kpi.name}", kpi.unit, kpi.meaning) for kpi in OF_QUEUES),
    ]


def unit_of(name: str) -> str:
    """The unit of the KPI *name*, e.g. "endpoints.vision.latency_p99_s"."""
    family, _, rest = name.partition(".")
    known = (
        {"endpoints": OF_ENDPOINTS, "pipelines": PIPELINE, "training": OF_QUEUES}.get(family, OF_SITES)
        if rest
        else OF_SITES
    )
    wanted = name.rpartition(".")[2]
    return next(kpi.unit for kpi in known if kpi.name == wanted)


SHARES = frozenset(
    {
        "utilisation",
        "slo_attainment",
        "economiser_share",
        "goodput",
        "cache_hit_ratio",
        "cache_hit_ratio_expected",
        "load_factor",
        "iteusv",
        "stranded_share",
        "device_use",
        "carbon_free_share",
        "on_site_share",
        "ppa_matched_share",
        "ppa_used_share",
        "break_even_use_build",
        "break_even_use_colocation",
        "irr_against_cloud",
        "irr_against_colocation",
        "site_availability",
        "site_availability_simulated",
        "site_quiet_years",
    }
    | {kpi.name for kpi in STRANDED if kpi.unit == "-"}
)
"""KPIs that are a share of a whole and are read in per cent."""

FROM_ONE = frozenset({"pue", "itue", "tue", "ppue_cooling"})
"""Energy over a part of it."""
RATES_OF_RETURN = frozenset({"irr_against_cloud", "irr_against_colocation"})
"""Read in per cent, but of nothing whole."""


def bounds_of(name: str) -> tuple[float, float]:
    """What the KPI *name* cannot be below and above; money may be earned, and nothing is negative else."""
    last = name.rpartition(".")[2]
    if unit_of(name) == "USD" or last in RATES_OF_RETURN:
        return -math.inf, math.inf
    return 1.0 if last in FROM_ONE else 0.0, 1.0 if last in SHARES else math.inf
