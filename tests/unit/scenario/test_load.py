from __future__ import annotations

from pathlib import Path

import pytest

import tiny
from dcplan.errors import ScenarioError
from dcplan.scenario.load import load
from dcplan.scenario.scenario import Scenario


def scenario(folder: Path, text: str, *settings: str, **files: str) -> Scenario:
    """*text* as a file in *folder*, with other files beside it, loaded."""
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    (folder / "main.yaml").write_text(text)
    return load(folder / "main.yaml", settings).scenario


def test_a_file_extends_another_and_its_own_keys_win(tmp_path: Path) -> None:
    text = "extends: base.yaml\nname: mine\nendpoints:\n  web: {replicas: 7}\n"
    loaded = scenario(tmp_path, text, base=tiny.SYNTHETIC)
    assert loaded.name == "mine"
    assert loaded.endpoints["web"].replicas == 7
    assert loaded.horizon == 1800.0


def test_of_several_files_the_later_one_wins(tmp_path: Path) -> None:
    text = "extends: [base.yaml, a.yaml, b.yaml]\n"
    loaded = scenario(tmp_path, text, base=tiny.SYNTHETIC, a="seed: 5\nreplications: 9\n", b="seed: 6\n")
    assert (loaded.seed, loaded.replications) == (6, 9)


def test_parts_extend_what_lies_beside_them(tmp_path: Path) -> None:
    loaded = scenario(
        tmp_path, "extends: parts/a.yaml\n", parts__a="extends: b.yaml\nseed: 5\n", parts__b=tiny.SYNTHETIC
    )
    assert loaded.seed == 5


def test_a_file_may_be_extended_along_two_ways(tmp_path: Path) -> None:
    text = "extends: [a.yaml, b.yaml]\n"
    loaded = scenario(
        tmp_path,
        text,
        base=tiny.SYNTHETIC,
        a="extends: base.yaml\nseed: 5\n",
        b="extends: base.yaml\nreplications: 9\n",
    )
    assert loaded.replications == 9
    assert loaded.seed == 5


def test_null_removes_what_was_extended(tmp_path: Path) -> None:
    loaded = scenario(tmp_path, "extends: base.yaml\ntraining: null\n", base=tiny.MEASURED)
    assert not loaded.training


def test_another_kind_replaces_the_whole_mapping(tmp_path: Path) -> None:
    text = "extends: base.yaml\nendpoints: {web: {service: {kind: deterministic, mean: 1 s}}}\n"
    base = tiny.SYNTHETIC.replace("{kind: exponential, mean: 20 ms}", "{kind: lognormal, mean: 20 ms, cv: 2}")
    service = scenario(tmp_path, text, base=base).endpoints["web"].service
    assert service is not None
    assert service.model_dump() == {"kind": "deterministic", "mean": "1.0 s"}


def test_the_same_kind_is_merged(tmp_path: Path) -> None:
    text = "extends: base.yaml\nendpoints: {web: {demand: {kind: poisson, rate: 9 /s}}}\n"
    assert scenario(tmp_path, text, base=tiny.SYNTHETIC).endpoints["web"].demand.rate == 9.0  # type: ignore[union-attr]


def test_a_problem_in_an_extended_file_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as raised:
        scenario(tmp_path, "extends: base.yaml\nseed: -1\n", base=tiny.SYNTHETIC.replace("replicas: 2", "replicas: -2"))
    assert [(Path(problem.file).name, problem.line) for problem in raised.value.problems] == [
        ("base.yaml", 7),
        ("main.yaml", 2),
    ]


def test_settings_win_over_the_file_and_the_last_over_the_others(tmp_path: Path) -> None:
    loaded = scenario(tmp_path, tiny.SYNTHETIC, "seed=5", "seed=6", "endpoints.web.replicas=8", "horizon=1 h")
    assert (loaded.seed, loaded.endpoints["web"].replicas, loaded.horizon) == (6, 8, 3600.0)


def test_a_setting_may_be_a_whole_part(tmp_path: Path) -> None:
    loaded = scenario(tmp_path, tiny.SYNTHETIC, "endpoints.web.queue={kind: shared, limit: 3}")
    assert loaded.endpoints["web"].queue.limit == 3


def test_a_setting_may_add_what_the_file_does_not_have(tmp_path: Path) -> None:
    assert (
        scenario(tmp_path, tiny.SYNTHETIC, "endpoints.web.batching.max_batch=4").endpoints["web"].batching.max_batch
        == 4
    )


def test_a_setting_to_null_goes_back_to_the_default(tmp_path: Path) -> None:
    assert scenario(tmp_path, tiny.SYNTHETIC, "replications=null").replications == 5
    assert scenario(tmp_path, tiny.SYNTHETIC, "replications=").replications == 5


def test_a_setting_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert scenario(tmp_path, tiny.SYNTHETIC, "name=a=b").name == "a=b"


def test_a_problem_with_a_setting_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^--set seed=-1: seed: must be greater than or equal to 0"):
        scenario(tmp_path, tiny.SYNTHETIC, "seed=-1")


def test_a_required_key_that_is_missing_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"horizon: this key is required: how long, e.g. '7 days'"):
        scenario(tmp_path, tiny.SYNTHETIC.replace("horizon: 30 min\n", ""))


def test_an_unknown_key_far_from_all_others_lists_them(tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=r"endpoints.web.xyz: unknown key; known are workload, service, on, replicas"
    ):
        scenario(tmp_path, tiny.SYNTHETIC + "    xyz: 1\n")


def test_keys_below_a_kind_are_suggested_for_that_kind(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"service.maen: unknown key; did you mean 'mean'"):
        scenario(tmp_path, tiny.SYNTHETIC.replace("mean: 20 ms", "mean: 20 ms, maen: 3 s"))


def test_the_folder_of_the_scenario_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(tiny.SYNTHETIC)
    assert load(tmp_path / "a.yaml").folder == tmp_path.resolve()


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("discount_rate", "7 %", "expected a number, not '7 %'; write 0.07"),
        ("inflation", "-12.5%", "expected a number, not '-12.5%'; write -0.125"),
        ("inflation", "seven %", "expected a number, not 'seven %'"),
    ],
)
def test_a_percentage_is_told_as_the_number_to_write(tmp_path: Path, key: str, written: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(tmp_path, tiny.WHOLE, f"finance={{{key}: '{written}'}}")
    assert (f"finance.{key}", said) in [(each.path, each.message) for each in caught.value.problems]
