"""Broken scenarios: what is in the file, what the message must say, and which line it must name.

Each is a small valid scenario with one thing wrong. The mark `#!` stands on the line that the message names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import tiny

VALID = tiny.WHOLE

Content = str | bytes | Path
"""Of a file: text, bytes, or (a path) where a link points to."""


@dataclass(frozen=True)
class Case:
    """One broken scenario."""

    name: str
    text: Content | None
    """What the file holds; None: there is no file."""
    expected: str
    """What one of the messages says."""
    line: int | None = None
    """Line that this message names; None: none."""
    problems: int = 1
    """How many problems are reported."""
    settings: tuple[str, ...] = ()
    """`--set` of the command line."""
    files: Mapping[str, Content] = field(default_factory=dict)
    """Files beside the scenario."""


def write(case: Case, folder: Path, profiles: Path) -> Path:
    """Put *case* into *folder*, with *profiles* beside it, and return the path of its scenario."""
    (folder / "profiles").symlink_to(profiles)
    path = folder / "scenario.yaml"
    contents = case.files if case.text is None else {**case.files, path.name: case.text}
    for name, content in contents.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            target.symlink_to(content)
        else:
            target.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def changed(old: str, new: str, text: str = VALID) -> str:
    """The valid scenario with *old*, which it holds once, replaced by *new*."""
    if text.count(old) != 1:
        raise ValueError(f"{old!r} is in the scenario {text.count(old)} times, not once")
    return text.replace(old, new)


def _file(
    name: str,
    text: Content | None,
    expected: str,
    line: int | None = None,
    problems: int = 1,
    files: Mapping[str, Content] | None = None,
) -> Case:
    """A whole file."""
    if isinstance(text, str) and "#!" in text:
        line = text[: text.index("#!")].count("\n") + 1
    return Case(name, text, expected, line, problems, files=files or {})


def _key(name: str, old: str, new: str, expected: str, problems: int = 1) -> Case:
    """One text changed; the message names the last line of the new one."""
    line = VALID[: VALID.index(old)].count("\n") + 1 + new.count("\n")
    return Case(name, changed(old, new), expected, line, problems)


def _more(name: str, key: str, expected: str, problems: int = 1) -> Case:
    """A key added at the end."""
    return _file(name, f"{VALID}{key}  #!\n", expected, problems=problems)


def _extends(name: str, value: str, expected: str, files: Mapping[str, Content] | None = None) -> Case:
    """A file that extends others."""
    return _file(name, f"extends: {value}  #!\n{VALID}", expected, files=files)


def _demand(name: str, demand: str, expected: str) -> Case:
    """Another demand."""
    return _file(name, changed("{kind: poisson, rate: 2 /s}", f"{{{demand}}}  #!"), expected)


def _trace(name: str, content: Content, expected: str, file: str = "t.csv") -> Case:
    """A recorded demand in a file beside the scenario."""
    text = changed("{kind: poisson, rate: 2 /s}", f"{{kind: trace, file: {file}}}  #!")
    return _file(name, text, expected, files={file: content})


def _set(name: str, setting: str, expected: str, line: int | None = None, problems: int = 1) -> Case:
    """The valid file with a setting that is not."""
    return Case(name, VALID, expected, line, problems, settings=(setting,))


OUTSIDE = "lies outside the scenario's folder; copy it"
NOT_YAML = "this is not YAML: "
TOO_DEEP = "the file is nested too deeply to be a scenario"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]\n" for last, this in zip("abcdefgh", "bcdefghi", strict=True)
)

FILES = [
    _file("no file", None, "there is no such file; 'dcplan list scenarios' names those that are shipped"),
    _file("a folder", None, "this is a folder; name a scenario file in it", files={"scenario.yaml/a.txt": "a"}),
    _file("a link to nothing", Path("nowhere.yaml"), "there is no such file"),
    _file("a link to itself", Path("scenario.yaml"), "the file cannot be read: "),
    _file("an empty file", "", "the file is empty; start with 'dcplan new NAME'"),
    _file("only comments", "# nothing\n\n# here\n", "the file is empty; start with 'dcplan new NAME'"),
    _file("a list at the root", "- a  #!\n- b\n", "a scenario is a mapping of keys to values"),
    _file("a sentence", "hello  #!\n", "a scenario is a mapping of keys to values"),
    _file("a binary file", b"\x7fELF\x02\x01\x01\x00\xff\xfe", "this is not UTF-8 text", 1),
    _file("a NUL byte", "name: a\nquestion: b\0\n", "the character #x0000 does not belong in a text file", 2),
    _file("Latin-1 text", "name: a\nquestion: caf\xe9\n".encode("latin-1"), "this is not UTF-8 text", 2),
    _file("UTF-16 text", VALID.encode("utf-16"), "this is not UTF-8 text", 1),
    _file("two megabytes", "# " + "x" * 2_000_000, "the file is larger than 1000 kB; put long tables into a CSV"),
    _file("indented by a tab", "name: a\nsite:\n\tplace: b  #!\n", NOT_YAML + "while scanning for the next token"),
    _file("an open bracket", VALID + "x: [a\n", NOT_YAML + "while parsing a flow sequence expected ',' or ']'", 28),
    _file("an open quote", "name: 'a\n", NOT_YAML + "while scanning a quoted scalar", 2),
    _file("two documents", VALID + "---  #!\nname: b\n", NOT_YAML + "expected a single document"),
    _file("an alias to nothing", "name: *nothing  #!\n", NOT_YAML + "found undefined alias 'nothing'"),
    _file(
        "an alias to its own list", "name: a\nx: &a [*a]  #!\n", "points to a part that contains it; remove the cycle"
    ),
    _file("an alias to the whole file", "&a\nname: *a\n", "points to a part that contains it", 1),
    _file("an alias bomb", BOMB, "aliases (*) make more than 100000 values of this file", 1),
    _file("a deep list", "a: " + "[" * 60 + "]" * 60, TOO_DEEP, 1),
    _file("a bottomless list", "a: " + "[" * 5000 + "]" * 5000, TOO_DEEP),
    _file("an object of Python", "name: !!python/object:os.system {}  #!\n", "python/object:os....' is not allowed"),
    _file("a call of Python", "name: !!python/object/apply:os.system [a]  #!\n", "is not allowed in a scenario"),
    _file("a set", changed("{p95: 100 ms}", "!!set {p95}  #!"), "the tag 'tag:yaml.org,2002:set' is not allowed"),
    _file("a tag of one's own", changed("replicas: 4", "replicas: !a:int 4  #!"), "the tag '!a:int' is not allowed"),
    _file("a tag that lies", changed("replicas: 4", "replicas: !!int many  #!"), "the tag 'tag:yaml.org,2002:int'"),
    _file("a merge key", "a: &a {b: 1}\nc:\n  <<: *a  #!\n", "merge keys (<<) are not supported; use 'extends: FILE'"),
    _file("a key that is a list", "? [a]  #!\n: 1\n", "a key must be a word", 1),
    _file("no such character", 'name: "\\UFFFFFFFF"\n', NOT_YAML),
]

KEYS = [
    _key("a misspelt key", "replicas: 4", "replicass: 4", "unknown key; did you mean 'replicas'?", problems=2),
    _key("a misspelt key at the root", "step:", "stepp:", "stepp: unknown key; did you mean 'step'?"),
    _key("no unit", "horizon: 2 h", "horizon: 2", "horizon: a bare number has no unit"),
    _key("another dimension", "horizon: 2 h", "horizon: 2 kW", "'kW' is not a unit of time"),
    _key("a unit that does not exist", "horizon: 2 h", "horizon: 2 hoers", "'hoers' is not a unit of time"),
    _key("a temperature for a difference", "economiser: waterside", "air_rise: 10 degC", "temperature difference"),
    _key("a decimal comma", "horizon: 2 h", "horizon: '2,5 h'", "',5 h' is not a unit of time"),
    _key("a unit that calculates", "horizon: 2 h", "horizon: 2 9**9**9**9 s", "is not a unit of time"),
    _key("a unit without end", "horizon: 2 h", f"horizon: 2 {'h' * 100_000}", "as a number with a unit"),
    _key("a negative duration", "horizon: 2 h", "horizon: -2 h", "must be above 0 s (given: '-2 h')"),
    _key("a horizon above a year", "horizon: 2 h", "horizon: 400 days", "must be at most 31622400 s (366 days)"),
    _key("a horizon of nothing", "horizon: 2 h\nstep: 15 min", "step: 1 ns\nhorizon: 1 ns", "is too short"),
    _key("not a number", "replications: 2", "replications: .nan", ".nan is not a finite number"),
    _key("infinity", "replications: 2", "replications: -.inf", "-.inf is not a finite number"),
    _key("not a number with a unit", "horizon: 2 h", "horizon: nan h", "cannot read 'nan h' as a number with a unit"),
    _key("1e999", "replications: 2", "replications: 1e999", "'1e999' is too large a number"),
    _key("1e999 with a unit", "horizon: 2 h", "horizon: 1e999 h", "'1e999 h' is not a finite number"),
    _key("400 digits", "replications: 2", f"replications: {'9' * 400}", "is too large a number"),
    _key("40 digits", "replications: 2", f"replications: {'9' * 40}", "must be less than or equal to 10000"),
    _key("half a replica", "replicas: 4", "replicas: 3.5", "replicas: expected a whole number, not '3.5'"),
    _key("many replicas", "replicas: 4", "replicas: many", "replicas: expected a whole number, not 'many'"),
    _key("no value", "replicas: 4", "replicas:", "replicas: expected a whole number"),
    _key("a number as text", "replicas: 4", "replicas: '4'", "expected a whole number, not '4'"),
    _key("a list for a number", "replicas: 4", "replicas: [4]", "expected a whole number"),
    _key("a truth for a number", "replicas: 4", "replicas: true", "expected a whole number, not 'True'"),
    _key("no replications", "replications: 2", "replications: 0", "must be greater than or equal to 1"),
    _key("a number for text", "name: measured", "name: 5", "name: expected text, not '5'"),
    _key("a name without end", "name: measured", f"name: {'x' * 81}", "name: must have at most 80 characters"),
    _key("half a character", "name: measured", 'name: "\\ud800"', "name: must be a valid string"),
    _key("an unknown kind", "kind: poisson", "kind: poison", "demand.kind: 'poison' is none of 'constant', 'poisson'"),
    _key("no kind", "kind: poisson, ", "", "demand: this key needs a 'kind'"),
    _key("a kind that is a list", "kind: poisson", "kind: [a]", "is none of 'constant'"),
    _key("a number for a mapping", "{kind: poisson, rate: 2 /s}", "5", "demand: expected a mapping of keys to values"),
    _key("a list for a mapping", "{kind: poisson, rate: 2 /s}", "[5]", "demand: expected a mapping of keys to values"),
    _key("a dot in a name", "  web:", "  we.b:", "endpoints.we.b: a name must not hold dots, blanks or slashes"),
    _key("a slash in a name", "  web:", "  we/b:", "endpoints.we/b: a name must not hold dots, blanks or slashes"),
    _key("no name", "  web:", "  '':", "endpoints.: must have at least 1 character"),
    _key("two promises", "slo: {p95: 100 ms}", "slo: {p95: 1 s, p99: 1 s}", "give exactly one of p50, p90, p95, p99"),
    _key("no schedule", "every: 1 h", "every: now", "write 'day at 02:00'"),
    _key("the 25th hour", "every: 1 h", "every: day at 25:00", "write 'day at 02:00'"),
    _key("a schedule without pause", "every: 1 h", "every: 1 ms", "(1 s to 1 year)"),
    _key(
        "a misspelt economiser",
        "economiser: waterside",
        "economiser: water",
        "must be 'none', 'waterside', 'airside', 'airside_adiabatic' or 'indirect_evaporative' (given: 'water')",
    ),
    _more("a negative seed", "seed: -1", "seed: must be greater than or equal to 0"),
    _more("a key twice", "name: b", "name: the key appears twice (first on line 1); remove one"),
    _more("a line end in a key", '"a\\nb": 1', "a\\nb: unknown key"),
    _more("an escape code in a key", '"\\e[31m": 1', "\\x1b[31m: unknown key"),
    _more("a start that is no date", "start: tomorrow", "start: must be a valid datetime"),
    _more("a start that is a year", "start: 2025", "write a date such as 2025-07-07"),
    _more("a start with an offset", "start: 2025-07-07T00:00Z", "in site time without an offset"),
    _more("a start before all clocks", "start: 0001-01-01", "write a date from 1970 to 2200"),
    _more("a start after all clocks", "start: 9999-12-31", "write a date from 1970 to 2200"),
]

JOBS = "jobs: 3, epochs: 2, samples: 40000, every: 1 h"
ON = "  web:\n    workload: tiny\n    on: node\n"
ROOM = "  ride_through: {throttling: {begins: 32 degC, ends: 42 degC}}\n"
SITE = "site: {place: flatland, grid: flat-grid, tariff: flat-tariff, prices: flat-prices}\n"
WORKLOAD = "    workload: tiny\n"

REPLICAS = "    replicas: 4\n"
CACHE = "{kind: lru, objects: 9, size: 10, skew: 1, hit: 2 ms}"

BETWEEN_KEYS = [
    _file("nothing to simulate", "name: a  #!\nhorizon: 1 h\n", "there is nothing to simulate"),
    _more("a warm-up as long as the run", "warm_up: 2 h", "a warm-up of 7200 s leaves nothing of a horizon of 7200 s"),
    _key("a step of a microsecond", "step: 15 min", "step: 1 us", "makes over 2000000 records; use a longer step"),
    _key("a step above the horizon", "step: 15 min", "step: 3 h", "is longer than the horizon of 7200 s"),
    _file("no such servers", changed("    on: node\n", "    on: nod  #!\n"), "there are no servers 'nod' in fleet"),
    _file("a workload on nothing", changed(ON, "  web:  #!\n" + WORKLOAD), "a workload runs on servers; add 'on:"),
    _file(
        "a workload and a service",
        changed(ON, f"  web:  #!\n    service: {{kind: deterministic, mean: 1 s}}\n{WORKLOAD}    on: node\n"),
        "give either 'workload' (measured) or 'service' (a distribution), not both",
    ),
    _more("availability without a building's room", "availability: {}", "add 'facility.ride_through'"),
    _more("availability without batteries", f"{ROOM}availability: {{}}", "add 'facility.power.ups.battery'", 2),
    _more(
        "credits without a price",
        "availability: {sla: [{below: 99.9 %, credit: 10 %}]}",
        "give both 'sla' and 'monthly_price', or neither",
    ),
    _more("a share without a sign", "availability: {sla: [{below: '99.9', credit: 0.1}]}", "write a share such as"),
    _more(
        "a component nobody knows", "availability: {components: {fans: {mtbf: 4 h, repair: 1 h}}}", "must be 'utility'"
    ),
    _file("a building without a place", changed(SITE + "facility:", "facility:  #!"), "a building needs a place"),
    _key("more jobs than memory", JOBS, JOBS.replace("3", "999").replace("1 h", "1 s"), "7192800 jobs come"),
    _file(
        "more requests than memory",
        changed("replicas: 4", "replicas: 1000000  #!", changed("max_batch: 4", "max_batch: 4096")),
        "replicas x max_batch is above 100000000",
    ),
    _file(
        "a cache above its catalogue",
        changed("    replicas: 4\n", f"    replicas: 4\n    cache: {CACHE}  #!\n"),
        "a cache of 10 is larger than all 9 objects; lower 'size'",
    ),
    _file(
        "a model of a class alone",
        changed("  web:\n", "  web:  #!\n", changed(REPLICAS, REPLICAS + "    classes: {a: {workload: tiny}}\n")),
        "class a has its own 'workload', so its batches are apart from others; add e.g. sharing: {instances: 1}",
    ),
    _file(
        "a shared device with retries",
        changed(
            "  web:\n", "  web:  #!\n", changed(REPLICAS, f"{REPLICAS}    sharing: {{instances: 2}}\n    retry: {{}}\n")
        ),
        "sharing cannot be combined with retry yet; remove one of them",
    ),
    _file(
        "more batches than memory",
        changed(REPLICAS, "    replicas: 99\n    sharing: {instances: 999999}  #!\n"),
        "replicas x instances is above 10000000; use less of one",
    ),
    _demand("states without end", "kind: mmpp, rates: [1 /s, 2 /s], dwell: [1 ns, 1 ns]", "use a longer dwell"),
    _demand("a state without dwell", "kind: mmpp, rates: [1 /s, 2 /s], dwell: [1 s]", "dwell: must have at least 2"),
    _demand("a trace of nothing", "kind: trace", "give either 'shape' (from the library) or 'file' (your own)"),
    _demand("a shape without size", "kind: trace, shape: two-level", "a shape has no size of its own"),
]

COOLING = 26
"""The line on which the valid scenario's building begins."""

PROFILES = [
    _key(
        "an unknown place",
        "place: flatland",
        "place: flatlnd",
        "no weather profile 'flatlnd'; did you mean 'flatland'?",
    ),
    _key("boards that are none", "count: 3}", "count: 3, partition: 2}", "cannot be split into 2 instances; remove"),
    _file(
        "a model of a class that nobody measured",
        changed(REPLICAS, f"{REPLICAS}    sharing: {{instances: 2}}\n    classes: {{a: {{workload: tyni}}}}  #!\n"),
        "endpoints.web.classes.a.workload: 'tyni' was not measured on tiny-slot",
    ),
    _key("a place outside", "place: flatland", "place: ../power/tiny-server", "there is no weather profile '../power"),
    _key("a place at the root", "place: flatland", "place: /etc", "there is no weather profile '/etc'"),
    _key("a place without a name", "place: flatland", "place: ''", "there is no weather profile ''"),
    _key("a place with a NUL", "place: flatland", 'place: "a\\0b"', "there is no weather profile 'a\\x00b'"),
    _key("a place of half a character", "place: flatland", 'place: "\\ud800"', "no weather profile '\\ud800'"),
    _key("a place without end", "place: flatland", f"place: {'x' * 5000}", "there is no weather profile 'xxx"),
    _key("a place that is a number", "place: flatland", "place: 3", "site.place: expected text, not '3'"),
    _key("a file that is not there", "place: flatland", "place: {file: a.epw}", "a.epw: cannot be read: No such file"),
    _key("a file without its key", "place: flatland", "place: a.EPW", "write 'place: {file: 'a.EPW'}'"),
    _key("a file elsewhere", "place: flatland", "place: {file: ../a.epw}", "'../a.epw' lies outside the scenario's"),
    _key("a misspelt key of a file", "place: flatland", "place: {fiel: a.epw}", "site.place.fiel: unknown key", 2),
    _key("an altitude without unit", "place: flatland", "place: {file: a.csv, altitude: 82}", "write e.g. '82 m'"),
    _key("no changed weather", "place: flatland", "place: flatland, weather: {}", "nothing is changed; add design_day"),
    _key(
        "a heat wave after the run",
        "place: flatland",
        "place: flatland, weather: {heat_wave: {start: 2030-01-01, days: 3, peak: 8 K, shape: plateau, "
        "humidity: humidity_ratio}}",
        "the heat wave of 2030-01-01 and 3 days lies outside the counted time; move its start",
    ),
    _key(
        "a climate hotter than air",
        "place: flatland",
        "place: flatland, weather: {climate_delta: {annual: 31 K, humidity: humidity_ratio}}",
        "site.weather.climate_delta.annual: must be less than or equal to 30 (given: '31 K')",
    ),
    _key(
        "an unknown grid",
        "grid: flat-grid",
        "grid: flat-gird",
        "no carbon profile 'flat-gird'; did you mean 'flat-grid'?",
    ),
    _key("an unknown tariff", "tariff: flat-tariff", "tariff: nope", "there is no tariff profile 'nope'; known are"),
    _key("unknown prices", "prices: flat-prices", "prices: nope", "there is no cost profile 'nope'; known are"),
    _key("unknown servers", "server: tiny-server", "server: tiny-sever", "no power profile 'tiny-sever'; did you mean"),
    _key(
        "servers that are none", "server: tiny-server", "server: psu-titanium", "'psu-titanium' is not a kind of server"
    ),
    _file(
        "a workload nobody measured",
        changed(WORKLOAD, "    workload: llama  #!\n"),
        "'llama' was not measured on tiny-slot, which 'tiny-server' holds; measured are",
    ),
    _key(
        "a batch nobody measured", "every: 1 h", "every: 1 h, batch: 7", "training was measured for batches of 32 to 64"
    ),
    _key(
        "more slots than there are",
        "count: 3",
        "count: 1",
        "4 (web) + 2 (nightly) slots are needed, but 1 server holds 4",
    ),
    _file(
        "more slots than there are, for namesakes",
        changed("  nightly:", "  web:", changed("count: 3", "count: 1")),
        "4 (web) + 2 (web) slots are needed",
        6,
    ),
    _key(
        "a rack that melts",
        "count: 3",
        "count: 3, rack: {size: 3, limit: 500 W}",
        "draw 0.9 kW, more than the rack's 0.5",
    ),
    _key(
        "a row that melts",
        "count: 3",
        "count: 3, rack: {size: 1, limit: 500 W, row: {racks: 3, limit: 600 W}}",
        "draw 0.9 kW, more than the row's 0.6",
    ),
    _key(
        "a building too small",
        "it_capacity: 2 kW",
        "it_capacity: 500 W",
        "the servers draw up to 0.9 kW, more than the 0.5",
    ),
    _file("water too warm", changed("water: 15", "water: 24"), "cannot make supply air of 24 degC", COOLING),
    _file(
        "air below freezing",
        changed("air: 24", "air: -20"),
        "-20 degC is outside what can be simulated, 5 to 45",
        COOLING,
    ),
    _file(
        "a chiller that is none",
        changed("waterside}", "waterside, chiller: fan-vsd}"),
        "does not describe a chiller",
        COOLING,
    ),
    _file("a chiller nobody knows", changed("waterside}", "waterside, chiller: x}"), "no cooling profile 'x'", COOLING),
]

DEMAND = [
    _demand(
        "an unknown shape", "kind: trace, shape: tow-level, mean: 2 /s", "no demand profile 'tow-level'; did you mean"
    ),
    _demand("no trace", "kind: trace, file: nope.csv", "there is no file 'nope.csv' beside the scenario"),
    _demand("a trace above", "kind: trace, file: ../t.csv", OUTSIDE),
    _demand("a trace at the root", "kind: trace, file: /etc/passwd", OUTSIDE),
    _demand("a trace in the web", "kind: trace, file: 'https://example.com/t.csv'", "there is no file 't.csv' beside"),
    _demand("a trace without a name", "kind: trace, file: ''", "is not a readable CSV or parquet file"),
    _demand("a trace with a NUL", 'kind: trace, file: "a\\0"', "null"),
    _demand("a trace without end", f"kind: trace, file: {'x' * 5000}", "is not a readable CSV or parquet file"),
    _trace("a trace through a link", Path("/etc/passwd"), OUTSIDE),
    _trace("a trace of garbage", b"\xff\xfe\x00\x01", "'t.csv' is not a readable CSV or parquet file"),
    _trace("an empty trace", "", "'t.csv' is not a readable CSV or parquet file: No columns to parse"),
    _trace("a parquet of garbage", b"PAR1 PAR1", "'t.parquet' is not a readable CSV or parquet file", "t.parquet"),
    _trace("a trace without rows", "time_s\n", "t.csv: holds no rows"),
    _trace("a trace without times", "a,b\n1,2\n", "t.csv: there is no column 'time_s'; found a, b"),
    _trace("a trace of words", "time_s\n1\nsoon\n", "t.csv:3: time_s is missing, negative or not a number"),
    _trace("a negative time", "time_s\n-1\n", "t.csv:2: time_s is missing, negative or not a number"),
    _trace("an infinite time", "time_s\n1\n1e999\n", "t.csv:3: time_s is missing, negative or not a number"),
    _trace("a trace that goes back", "time_s\n1\n3\n2\n", "t.csv:4: time_s goes back; sort the file by time"),
    _trace("a negative rate", "time_s,rate_per_s\n0,1\n9000,-1\n", "t.csv:3: rate_per_s is missing, negative"),
    _trace("rates that end early", "time_s,rate_per_s\n0,1\n1,1\n", "the rates end after 2 s, before the horizon"),
    _trace("rates that start late", "time_s,rate_per_s\n5,1\n9000,1\n", "intervals must start at time_s = 0"),
    _trace("one rate", "time_s,rate_per_s\n0,1\n", "and be at least two"),
    _trace("rates of zero", "time_s,rate_per_s\n0,0\n9000,0\n", "every rate is zero"),
    _trace("a rate beyond all", "time_s,rate_per_s\n0,1e300\n9000,1\n", "a highest rate of 1e+300 /s"),
]

STAMPS = changed("{kind: poisson, rate: 2 /s}", "{kind: trace, file: t.csv, mean: 2 /s}  #!")
DEMAND.append(_file("stamps to be rescaled", STAMPS, "time stamps cannot be rescaled", files={"t.csv": "time_s\n1\n"}))

CHAIN = {f"{number}.yaml": f"extends: [{number + 1}.yaml, {number + 1}.yaml]\n" for number in range(40)} | {
    "40.yaml": "seed: 1\n"
}

EXTENDS = [
    _extends("extends nothing there", "nope.yaml", "extends: there is no file 'nope.yaml' beside this one"),
    _extends("extends itself", "scenario.yaml", "'scenario.yaml' extends this file again; break the cycle"),
    _extends("extends above", "../x.yaml", f"'../x.yaml' {OUTSIDE}"),
    _extends("extends the root", "/etc/passwd", f"'/etc/passwd' {OUTSIDE}"),
    _extends("extends through a link", "x.yaml", f"'x.yaml' {OUTSIDE}", {"x.yaml": Path("/etc/passwd")}),
    _extends("extends a folder", "parts", "there is no file 'parts' beside", {"parts/x.yaml": "name: x"}),
    _extends("extends without a name", "''", "there is no file '' beside this one"),
    _extends("extends a number", "5", "extends: expected a file name or a list of file names"),
    _extends("extends a number in a list", "[x.yaml, 5]", "expected a file name or a list of file names"),
    _extends("extends a NUL", '"a\\0"', "there is no file 'a\\x00' beside this one"),
    _extends("extends half a character", '"\\ud800"', "there is no file '\\ud800' beside this one"),
    _extends("extends without end", "x" * 5000, "there is no file 'xxx"),
    Case(
        "extends in a circle",
        "extends: a.yaml\n" + VALID,
        "b.yaml:1: extends: 'scenario.yaml' extends this file again",
        1,
        files={"a.yaml": "extends: b.yaml\n", "b.yaml": "extends: scenario.yaml\n"},
    ),
    Case("extends a bomb", "extends: 0.yaml\n" + VALID, "over 100 files extend one another", 1, files=CHAIN),
    Case(
        "extends what is broken",
        "extends: a.yaml\n" + VALID,
        "a.yaml:2: this is not YAML",
        2,
        files={"a.yaml": "\n\tx: 1"},
    ),
    Case(
        "extends what is wrong",
        "extends: a.yaml\n" + VALID,
        "a.yaml:2: seed: must be greater than or equal to 0",
        2,
        files={"a.yaml": "# a part\nseed: -1\n"},
    ),
]

FORM = "expected PATH=VALUE, e.g. --set endpoints.vision.replicas=8"

SETTINGS = [
    _set("sets nothing", "", f"--set : {FORM}"),
    _set("sets without a value", "seed", f"--set seed: {FORM}"),
    _set("sets without a path", "=5", f"--set =5: {FORM}"),
    _set("sets half a path", "endpoints..replicas=5", f"--set endpoints..replicas=5: {FORM}"),
    _set("sets a path that ends in a dot", "endpoints.web.=5", FORM),
    _set("sets below a scalar", "name.x=3", "--set name.x=3: 'name' has no keys below it"),
    _set("sets below a number", "endpoints.web.replicas.x=3", "'replicas' has no keys below it"),
    _set("sets a misspelt key", "endpoints.web.replicass=3", "unknown key; did you mean 'replicas'?"),
    _set("sets many", "endpoints.web.replicas=many", "replicas: expected a whole number, not 'many'"),
    _set("sets no unit", "horizon=2", "--set horizon=2: horizon: a bare number has no unit"),
    _set("sets no YAML", "horizon=[", "--set horizon=[: this is not YAML"),
    _set("sets an object of Python", "name=!!python/object:os.system x", "is not allowed in a scenario"),
    _set("sets not a number", "seed=.nan", ".nan is not a finite number"),
    _set("sets a NUL", "name=a\0", "--set name=a\\x00: the character #x0000 does not belong"),
    _set("sets half a character", "name=\ud800", "the character #xd800 does not belong"),
    _set("sets a cycle", "name=&a [*a]", "points to a part that contains it"),
    _set("sets nothing at all", "name=null", "--set name=null: name: this key is required"),
    _set("sets what it extends", "extends=x.yaml", "'extends' comes before every setting; write it in the file"),
    _set(
        "sets an endpoint nobody knows",
        "endpoints.wbe.replicas=3",
        "--set endpoints.wbe.replicas=3: endpoints.wbe.demand: this key is required",
    ),
    _set("sets another kind", "endpoints.web.demand.kind=gamma", "demand.cv: this key is required", 13),
    _set(
        "sets too few servers",
        "fleet.node.count=1",
        "--set fleet.node.count=1: fleet.node.count: 4 (web) + 2 (nightly)",
    ),
]


def _money(name: str, old: str, new: str, expected: str) -> Case:
    """Another value in `finance`; the message names the section, or the line itself."""
    return _file(name, changed(old, new, tiny.FINANCE.replace("finance:", "finance:  #!")), expected)


TAX = "{rate: 0.2, building: {over_5_years: 0.5, over_15_years: 0.5, over_39_years: 0.5}}"
MONEY = [
    _file(
        "cost of ownership of no building",
        VALID[: VALID.index("facility:")] + tiny.FINANCE[tiny.FINANCE.index("finance:") :].replace(":", ":  #!", 1),
        "cost of ownership is that of a building with servers; add 'facility'",
    ),
    _money(
        "a region nobody knows",
        "  land: 1000 m^2",
        "  building: {prices: flat-regions, region: nowhere}",
        "cost profile 'flat-regions' has no nowhere; known are here, there",
    ),
    _money(
        "a price in another currency",
        "  land: 1000 m^2",
        "  building: {prices: flat-regions, region: there}",
        "there is in EUR, and everything else in USD; convert it at the rate of 2025",
    ),
    _money("rent nobody knows", "flat-room", "flat-rom", "no rent profile 'flat-rom'; did you mean 'flat-room'?"),
    _money("rent that is not known", "on_demand", "reserved", "rent profile 'flat-cloud' has no reserved; known are"),
    _money(
        "rent of other devices",
        "flat-cloud",
        "cloud-h100-2026",
        "'cloud-h100-2026' rents h100-sxm-80gb, not tiny-slot; leave 'cloud' out",
    ),
    _money("owning nobody knows", "flat-owning", "flat-prices", "has no facility maintenance; known are"),
    Case(
        "a building taxed half more than once", tiny.FINANCE + f"  income_tax: {TAX}\n", "together; they must be 1", 38
    ),
    Case(
        "land without a unit",
        tiny.FINANCE.replace("1000 m^2", "1000"),
        "land: a bare number has no unit; write e.g. '8000 m^2'",
        35,
    ),
]

CASES = [*FILES, *KEYS, *BETWEEN_KEYS, *PROFILES, *DEMAND, *EXTENDS, *SETTINGS, *MONEY]
"""Every broken scenario."""
