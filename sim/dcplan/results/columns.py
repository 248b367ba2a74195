"""Every table and column of a run, declared once: name, type, unit, meaning.

Parquet metadata, axis labels and documentation are read from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Dtype = Literal["int64", "float64", "str", "bool"]


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    dtype: Dtype
    unit: str
    meaning: str


def _key(*names: str) -> tuple[Column, ...]:
    known = {
        "replication": Column("replication", "int64", "", "independent repetition, from 0"),
        "time_s": Column("time_s", "float64", "s", "start of the interval, from the start of the run"),
        "duration_s": Column("duration_s", "float64", "s", "length of the interval"),
        "endpoint": Column("endpoint", "str", "", "endpoint"),
        "class": Column("class", "str", "", "class of requests"),
        "pipeline": Column("pipeline", "str", "", "pipeline"),
        "queue": Column("queue", "str", "", "training queue"),
        "group": Column("group", "str", "", "group of servers in the fleet"),
    }
    return tuple(known[name] for name in names)


def _bins(counted: str) -> tuple[Column, ...]:
    """The bins of a histogram of latencies, and what is counted in them."""
    return (
        Column("low_s", "float64", "s", "lower edge of the latency bin"),
        Column("high_s", "float64", "s", "upper edge of the latency bin"),
        Column("count", "int64", "requests", counted),
    )


def _power(name: str, meaning: str) -> Column:
    return Column(name, "float64", "W", f"{meaning}, mean over the interval")


SITE_LOADS = (
    _power("transformer_loss_w", "loss of the transformer"),
    _power("switchgear_loss_w", "loss of switchgear and cables behind the transformer"),
    _power("generator_heater_w", "block heaters of the standby generators"),
    _power("ups_loss_w", "loss of the UPS"),
    _power("pdu_loss_w", "loss of cables and distribution"),
    *(
        COOLING_LOADS := (
            _power("chiller_w", "compressors of chillers or of room units, with the fans of air-cooled ones"),
            _power("tower_fan_w", "fans of cooling towers and dry coolers"),
            _power("crah_fan_w", "fans of the room's units"),
            _power("chilled_water_pump_w", "pumps of the chilled water"),
            _power("condenser_pump_w", "pumps of cooling towers and dry coolers"),
            _power("liquid_pump_w", "pumps of coolant and facility water of liquid-cooled servers"),
            _power("economiser_fan_w", "fans that move outdoor air, beside the room's"),
            _power("humidification_w", "humidifiers"),
        )
    ),
    _power("heat_pump_w", "heat pump that lifts the heat for somebody"),
    _power("lighting_w", "light and small loads"),
    _power("battery_w", "what charging the batteries draws after a power cut, less what they deliver in it"),
)
"""What the building draws beside the servers; `COOLING_LOADS` is what cooling takes of it."""

ON_SITE = (
    _power("generator_w", "part of facility_w that standby generators deliver in a cut or for demand response"),
    _power("response_w", "part of generator_w that they deliver for demand response"),
    _power("response_asked_w", "what demand response asks the site to do without"),
    _power("response_unmet_w", "what demand response asked for beyond what battery and generators gave"),
    _power("solar_w", "power of sunlight, as far as it is used, stored or exported"),
    _power("wind_w", "power of the wind, as far as it is used, stored or exported"),
    _power("storage_w", "power of the battery on site: positive when it is discharged"),
    Column("storage_j", "float64", "J", "charge of the battery on site at the end of the interval"),
    _power("curtailed_w", "what sun and wind could have given and nobody took"),
    _power("grid_w", "power from the grid, at the utility meter"),
    _power("export_w", "power to the grid, at the utility meter"),
    Column("generator_beyond", "float64", "-", "share of the interval that they run in tests or demand response"),
)
"""What generators, sun, wind, battery and grid do for the building."""

OF_THE_GRID = (
    Column("carbon_kg_s", "float64", "kg/s", "CO2e of the grid's electricity, location-based"),
    _power("carbon_free_w", "part of the grid's power that is then free of carbon, by contract or by mix"),
    Column("grid_water_kg_s", "float64", "kg/s", "water consumed to generate the grid's electricity"),
)
"""What power from the grid stands for; NaN where nobody knows."""

TABLES: Mapping[str, tuple[Column, ...]] = MappingProxyType(
    {
        "endpoints": (
            *_key("replication", "endpoint", "time_s", "duration_s"),
            Column("arrived", "int64", "requests", "requests that arrived"),
            Column("served", "int64", "requests", "requests answered"),
            Column("dropped", "int64", "requests", "requests never answered: refused, or given up"),
            Column("within_slo", "int64", "requests", "requests answered within the promised latency"),
            Column("in_system", "int64", "requests", "requests waiting or in service at the end of the interval"),
            Column("latency_s", "float64", "s", "sum of the latencies of the requests answered"),
            Column("wait_s", "float64", "s", "sum of the waits of the requests whose service began"),
            Column("busy_s", "float64", "s", "sum over replicas of the time they were busy"),
        ),
        "latency": (
            *_key("replication", "endpoint"),
            *_bins("requests answered with a latency in the bin"),
        ),
        "tails": (
            *_key("replication", "endpoint", "time_s", "duration_s"),
            Column("latency_p99_s", "float64", "s", "99 % of the answers in the interval come within; NaN without any"),
        ),
        "classes": (
            *_key("replication", "endpoint", "class", "time_s", "duration_s"),
            Column("arrived", "int64", "requests", "requests that came for the first time"),
            Column("attempted", "int64", "attempts", "attempts, the first one of each request included"),
            Column("refused", "int64", "attempts", "attempts refused because the queue was full"),
            Column("rate_limited", "int64", "attempts", "attempts refused by the rate limit"),
            Column("timed_out", "int64", "attempts", "attempts that gave up waiting in the queue"),
            Column("wasted", "int64", "attempts", "attempts that gave up waiting and were served in vain"),
            Column("lost", "int64", "attempts", "attempts that failed with their replica"),
            Column("given_up", "int64", "requests", "requests whose last attempt failed"),
            Column("served", "int64", "requests", "requests answered"),
            Column("within_slo", "int64", "requests", "requests answered within the promised latency"),
            Column("spilled", "int64", "attempts", "attempts sent to a replica in another zone"),
            Column(
                "latency_s", "float64", "s", "sum of the latencies of the requests answered, from the first attempt"
            ),
        ),
        "class_latency": (
            *_key("replication", "endpoint", "class"),
            *_bins("requests answered with a latency in the bin, from the first attempt"),
        ),
        "generation": (
            *_key("replication", "endpoint", "time_s", "duration_s"),
            Column("started", "int64", "requests", "requests whose prompt began to be processed for the first time"),
            Column("preempted", "int64", "sequences", "sequences that had to start over because the KV cache was full"),
            Column(
                "swapped",
                "int64",
                "sequences",
                "sequences whose KV cache went to host memory because there was no room",
            ),
            Column("tokens_in", "int64", "tokens", "tokens of prompts processed, those processed again included"),
            Column("tokens_out", "int64", "tokens", "tokens of the answers that were completed"),
            Column("asked", "int64", "tokens", "tokens of the prompts that began to be processed for the first time"),
            Column("known", "int64", "tokens", "tokens of them that were in the prefix cache of their replica"),
            Column("arrived", "int64", "requests", "requests that arrived"),
            Column("attempted", "int64", "attempts", "attempts, retries included"),
            Column("refused", "int64", "attempts", "attempts that found the queue full"),
            Column("timed_out", "int64", "attempts", "attempts that gave up waiting in the queue"),
            Column("lost", "int64", "attempts", "attempts that failed with their replica, or found none"),
            Column("spilled", "int64", "attempts", "attempts sent to a replica in another zone"),
        ),
        "scaling": (
            *_key("replication", "endpoint"),
            Column("time_s", "float64", "s", "when the number of replicas changed, from the start of the run"),
            Column("active", "int64", "replicas", "replicas that get requests from then on"),
            Column("starting", "int64", "replicas", "replicas that are being started"),
        ),
        "pools": (
            *_key("replication", "endpoint"),
            Column("pool", "str", "", "replicas on one kind of server, called as that"),
            *_key("time_s", "duration_s"),
            Column("replicas", "int64", "replicas", "replicas on these servers"),
            Column("busy_s", "float64", "s", "sum over them of the time they were busy"),
        ),
        "pipelines": (
            *_key("replication", "pipeline", "time_s", "duration_s"),
            Column("arrived", "int64", "requests", "requests that arrived"),
            Column("served", "int64", "requests", "requests that have passed the last endpoint"),
            Column("dropped", "int64", "requests", "requests that failed on the way"),
            Column("within_slo", "int64", "requests", "requests answered within the promised latency"),
            Column("in_system", "int64", "requests", "requests under way at the end of the interval"),
            Column("latency_s", "float64", "s", "sum of the latencies of the requests answered"),
        ),
        "pipeline_latency": (
            *_key("replication", "pipeline"),
            *_bins("requests answered with a latency in the bin"),
        ),
        "stays": (
            *_key("replication", "pipeline"),
            Column("stage", "int64", "-", "number of the stage, from 0; endpoints side by side have the same"),
            *_key("endpoint"),
            Column("sent", "int64", "requests", "requests that the pipeline sent to the endpoint"),
            Column("answers", "int64", "requests", "answers of the endpoint that the pipeline waited for"),
            Column("stay_s", "float64", "s", "sum of the time from when those requests reached it to its answer"),
        ),
        "outages": (
            *_key("replication", "endpoint"),
            Column("replica", "int64", "-", "number of the replica that failed"),
            Column("failed_s", "float64", "s", "when it failed, from the start of the run"),
            Column("repaired_s", "float64", "s", "when it served again; missing if it did not before the end"),
        ),
        "cache": (
            *_key("replication", "endpoint", "time_s", "duration_s"),
            Column("arrived", "int64", "requests", "requests that arrived"),
            Column("hits", "int64", "requests", "those of them that the cache answers"),
            Column(
                "entries",
                "int64",
                "objects",
                "objects in the cache at the start of the interval, expired ones included",
            ),
            Column(
                "expected",
                "float64",
                "-",
                "hit ratio by Che's approximation (lru), or by the formula of a ttl at the "
                "interval's rate; NaN where there is none",
            ),
        ),
        "token_latency": (
            *_key("replication", "endpoint"),
            Column(
                "measure", "str", "", "ttft: time to the first token; tpot: time per further token, mean over an answer"
            ),
            Column("low_s", "float64", "s", "lower edge of the bin"),
            Column("high_s", "float64", "s", "upper edge of the bin"),
            Column("count", "int64", "requests", "requests with a time in the bin"),
        ),
        "batches": (
            *_key("replication", "endpoint"),
            Column("size", "int64", "requests", "requests in a batch"),
            Column("count", "int64", "batches", "batches of this size"),
        ),
        "jobs": (
            *_key("replication", "queue"),
            Column("job", "int64", "", "job, numbered in the order of submission"),
            Column("submit_s", "float64", "s", "submission"),
            Column(
                "soonest_s",
                "float64",
                "s",
                "when there was a slot for it; before its start only for jobs that may wait",
            ),
            Column("start_s", "float64", "s", "start; NaN if still waiting at the end of the run"),
            Column("end_s", "float64", "s", "end; NaN if not finished at the end of the run"),
            Column("slots", "int64", "slots", "slots the job uses"),
            Column("work_s", "float64", "s", "time the job needs"),
            Column(
                "saved",
                "float64",
                "USD or kg",
                "what waiting saves against that, in money or CO2e; 0 if it may not wait",
            ),
        ),
        "servers": (
            *_key("replication", "group", "time_s", "duration_s"),
            Column("busy_slots", "float64", "slots", "slots busy, mean over the interval"),
            _power("idle_w", "power that the servers that are on draw when idle"),
            _power("it_w", "power at the servers' plugs"),
            _power("fan_w", "the servers' fans (part of it_w), faster in warm air; 0 if the profile does not tell"),
            Column("max_w", "float64", "W", "power that all servers draw when every slot is busy"),
            Column(
                "performance",
                "float64",
                "1/s",
                "throughput of all servers in a benchmark; NaN if not known",
            ),
        ),
        "attribution": (
            *_key("replication", "time_s", "duration_s"),
            Column("owner", "str", "", "endpoint, training queue, or 'unused'"),
            Column("reserved_slot_s", "float64", "s", "slot-seconds kept for the owner"),
            Column("off_slot_s", "float64", "s", "of these, slot-seconds of servers that were switched off"),
            Column("idle_j", "float64", "J", "idle energy of the servers, shared by reserved slots that were not off"),
            Column("active_j", "float64", "J", "energy above idle, shared by busy slots"),
        ),
        "site": (
            *_key("replication", "time_s", "duration_s"),
            _power(
                "facility_w", "power that the building draws: at the utility meter, if nothing is generated on site"
            ),
            _power("it_w", "power at the servers' plugs"),
            _power("psu_loss_w", "loss of the servers' power supplies (part of it_w)"),
            *SITE_LOADS,
            *ON_SITE,
            Column("fuel_l_s", "float64", "L/s", "fuel of the generators: monthly tests, spread evenly, and cuts"),
            Column("fuel_carbon_kg_s", "float64", "kg/s", "CO2e of burning that fuel"),
            Column("water_kg_s", "float64", "kg/s", "make-up water: evaporation, drift and blow-down"),
            *OF_THE_GRID,
            Column("dry_bulb_c", "float64", "degC", "outside air temperature"),
            Column("wet_bulb_c", "float64", "degC", "outside wet-bulb temperature"),
            Column("pressure_pa", "float64", "Pa", "pressure of the outside air"),
            Column("economiser", "float64", "-", "share of the heat that leaves without a compressor, 0..1"),
            Column("extrapolated", "bool", "", "the chiller runs outside its measured curve"),
            _power("heat_removed_w", "heat that cooling removes from room, coolant and chilled water"),
            _power("heat_reused_w", "heat that is handed over to somebody, the work of a heat pump included"),
            Column("server_inlet_c", "float64", "degC", "air into the servers, as long as there is no shortfall"),
            Column("server_inlet_kg_kg", "float64", "kg/kg", "water vapour in that air, per dry air"),
            Column("outside_recommended", "bool", "", "that air is outside ASHRAE's recommended envelope"),
            Column("outside_allowable", "bool", "", "that air is outside the allowable envelope of the servers' class"),
            Column("shortfall_w", "float64", "W", "heat that the plant could not remove"),
            Column("over_limit", "str", "", "what is above its rating, from power supplies up; empty if nothing is"),
            Column("redundancy_lost", "bool", "", "the load needs the spare UPS module or chiller"),
        ),
        "carbon": (
            *_key("replication"),
            Column("boundary", "str", "", "scope of the Greenhouse Gas Protocol"),
            Column("item", "str", "", "what emits, or was made"),
            Column("kg", "float64", "kg", "CO2e"),
        ),
        "dispatch": (
            *_key("replication"),
            Column(
                "full_cycles", "float64", "cycles", "half of the energy in and out of the battery over its capacity"
            ),
            Column("replaced_years", "float64", "a", "years until the battery is replaced, if it goes on like that"),
            Column("gained_j", "float64", "J", "charge of the battery at the end of the run less that at its start"),
            Column("rule_usd", "float64", "USD", "energy and demand from the grid, the battery following its rule"),
            Column("optimum_usd", "float64", "USD", "the same if it knew all of the future; NaN if not asked for"),
            Column("bare_usd", "float64", "USD", "the same without the battery"),
        ),
        "capping": (
            *_key("replication"),
            Column("time_s", "float64", "s", "when the cap was set, from the start of the run"),
            *_key("group"),
            Column("drawn_w", "float64", "W", "power of the group, mean since the cap before"),
            Column("wanted_w", "float64", "W", "what it would have drawn at full speed"),
            Column("allowed_w", "float64", "W", "what it may draw from then on"),
            Column("speed", "float64", "-", "speed of its servers from then on, over full speed"),
        ),
        "trips": (
            *_key("replication"),
            Column("time_s", "float64", "s", "when the breaker tripped, from the start of the run"),
            Column("breaker", "str", "", "racks or rows of a group of servers, hall or utility"),
            Column("load", "float64", "-", "what it carried over its limit, mean since the look before"),
            Column("back_s", "float64", "s", "when it is closed again"),
        ),
        "standby": (
            *_key("replication"),
            Column("incident", "str", "", "power cut"),
            Column("started", "int64", "generators", "standby generators that started"),
            Column("needed", "int64", "generators", "standby generators needed for full load"),
        ),
        "availability": (
            *_key("replication"),
            Column("down_share", "float64", "-", "share of the time in which the site does not serve, expected"),
            Column("failures_per_year", "float64", "1/a", "outages of the site in a year, expected"),
            Column("requests_per_year", "float64", "requests", "requests that come meanwhile in a year, expected"),
            Column("gpu_hours_per_year", "float64", "h", "hours of accelerators lost in a year, expected"),
            Column("simulated_share", "float64", "-", "down_share in the simulated years"),
            Column("quiet_years", "float64", "-", "share of the simulated years without an outage"),
            Column("down_p99_s", "float64", "s", "down time that one simulated year in a hundred exceeds"),
            Column("credit_usd", "float64", "USD", "credits given in a year, mean over the simulated years"),
            Column("credit_p99_usd", "float64", "USD", "credits that one simulated year in a hundred exceeds"),
        ),
        "availability_blocks": (
            *_key("replication"),
            Column(
                "side", "str", "", "supply, standby (which carries the servers without it), path, cooling, or server"
            ),
            Column("block", "str", "", "block of the diagram"),
            Column("needed", "int64", "units", "units needed for full load"),
            Column("installed", "int64", "units", "units there are, in each path"),
            Column("paths", "int64", "paths", "paths that have it"),
            Column(
                "own_share",
                "float64",
                "-",
                "share of the time in which too few units work, or chance that too few start",
            ),
            Column("failures_per_year", "float64", "1/a", "outages of the servers that it causes"),
            Column("minutes_per_year", "float64", "min", "time in which servers do not serve because of it"),
        ),
        "availability_years": (
            *_key("replication"),
            Column("level", "float64", "-", "share of the simulated years"),
            Column("down_s", "float64", "s", "most down time of so many years"),
            Column("credit_usd", "float64", "USD", "most credits of so many years"),
        ),
        "tiers": (
            *_key("replication"),
            Column("standard", "str", "", "Uptime Tier, EN 50600-2-2 (power) or EN 50600-2-3 (cooling)"),
            Column("level", "int64", "", "tier or availability class, 1 to 4"),
            Column("met", "bool", "", "nothing is missing up to this level"),
            Column("lacking", "str", "", "what this level asks for and the site lacks; empty if nothing"),
        ),
        "room": (
            *_key("replication"),
            Column("time_s", "float64", "s", "when the room was looked at, from the start of the run"),
            Column("inlet_c", "float64", "degC", "air that the servers breathe in"),
            Column("rise_k", "float64", "K", "how much warmer that is than while the plant meets the load"),
            Column("it_w", "float64", "W", "power of all servers, mean since the look before"),
            Column("missing_w", "float64", "W", "heat that the plant does not remove"),
            Column("store_j", "float64", "J", "cold left in the store of chilled water"),
            Column("speed", "float64", "-", "speed of the servers over full speed; 0 while they are off"),
        ),
        "overheating": (
            Column("case", "str", "", "'mean' or 'peak': the servers' power, over the counted time"),
            Column("rack_w", "float64", "W", "power of a rack then"),
            Column("time_s", "float64", "s", "time since all cooling was lost"),
            Column("inlet_c", "float64", "degC", "air that the servers breathe in"),
            Column("limit_c", "float64", "degC", "at which they switch off, or else are as slow as they get"),
        ),
        "bill": (
            *_key("replication"),
            Column("month", "str", "", "calendar month of the site, e.g. '2025-07'"),
            Column("item", "str", "", "what is paid for; 'electricity: ' and this in the table of costs"),
            Column("kind", "str", "", "energy, demand, fixed, credit or tax"),
            Column("quantity", "float64", "as told beside", "how much is billed, in the unit beside it"),
            Column("unit", "str", "", "unit of the quantity"),
            Column("share", "float64", "-", "share of a monthly price that the counted part of the month pays; else 1"),
            Column("usd", "float64", "USD", "what it costs; below 0 if it is a credit"),
        ),
        "costs": (
            *_key("replication"),
            Column("item", "str", "", "what is paid for"),
            Column("owner", "str", "", "endpoint, training queue, or 'unused'"),
            Column("usd", "float64", "USD", "cost over the counted horizon"),
        ),
        "devices": (
            *_key("replication"),
            Column(
                "installed_h", "float64", "h", "hours of devices in a year: accelerators, or slots of other servers"
            ),
            Column("used_h", "float64", "h", "of these, replicas that endpoints keep, and slots on which jobs run"),
        ),
        "ownership": (
            *_key("replication"),
            Column("way", "str", "", "to have the devices: 'build', 'colocation' or 'cloud'"),
            Column("item", "str", "", "what is paid for"),
            Column("usd_per_year", "float64", "USD/a", "cost of a year, as if every week were like the counted time"),
            Column("used_usd_per_year", "float64", "USD/a", "part of it that grows with the hours of use"),
        ),
        "cash_flow": (
            *_key("replication"),
            Column("way", "str", "", "to have the devices: 'build', 'colocation' or 'cloud'"),
            Column("year", "int64", "a", "end of the year, from 0: the day on which it begins to run"),
            Column("capital_usd", "float64", "USD", "what is bought; paid is negative"),
            Column("running_usd", "float64", "USD", "what is paid to run it, or as rent; paid is negative"),
            Column("tax_usd", "float64", "USD", "tax on income that it saves (positive) or costs"),
            Column("end_usd", "float64", "USD", "what is got for what is left at the end"),
            Column("net_usd", "float64", "USD", "sum of these"),
            Column("present_usd", "float64", "USD", "what that is worth in year 0"),
        ),
        "assumptions": (
            Column("part", "str", "", "part of the scenario that rests on it"),
            Column("name", "str", "", "what is assumed"),
            Column("value", "str", "", "value with unit"),
            Column("kind", "str", "", "measured, datasheet, literature, synthetic, derived, scenario or model"),
            Column("verified", "bool", "", "somebody has read the primary source"),
            Column("source", "str", "", "where it comes from"),
        ),
        "limits": (
            Column("endpoint", "str", "", "name of the endpoint"),
            Column("message", "str", "", "what limits it, from its own KPIs"),
        ),
        "warnings": (Column("message", "str", "", "what the reader should know before trusting the numbers"),),
    }
)
