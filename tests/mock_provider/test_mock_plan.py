"""Reading plans: every problem at once, in words that name key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_provider.faults import AnyFault
from mock_provider.plan import PlanError, check_plan, load_plan, override_plan, plan_to_toml, split_overrides
from mock_provider.plan_schema import Plan
from mock_provider.plan_schema import Reply as ReplySection
from mock_provider.replies import Script

MANY_SETTINGS = [
    "seed=7",
    "latency.kind=lognormal",
    "latency.mean_s=1",
    "limits.requests_per_minute=600",
    "capacity.slots=8",
    "reply.tool_arguments={a = 'x\"y', b = [1, 2.5, true]}",
    "reply.models=['gpt-4o']",
    "faults.0.kind=status",
    "faults.0.status=503",
    "faults.0.when={share = 0.1, model = 'gpt-*', header = {x-team = '*'}, outage = {every_s = 10, for_s = 1}}",
    "faults.1={kind = 'stalled_accept', when = {after_s = 5}}",
]


def problems_of(*overrides: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        load_plan(None, overrides)
    return caught.value.problems


def test_default_is_a_healthy_provider_that_takes_200_ms() -> None:
    plan = load_plan()
    assert (plan.latency.kind, plan.latency.mean_s) == ("constant", 0.2)
    assert plan.faults == []
    assert plan.limits == Plan().limits


def test_file_and_overrides_are_one_plan(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("[limits]\nrequests_per_minute = 60\ntokens_per_minute = 1000\n")
    plan = load_plan(file, ["limits.requests_per_minute=600"])
    assert (plan.limits.requests_per_minute, plan.limits.tokens_per_minute) == (600, 1000)


def test_every_problem_is_reported_at_once() -> None:
    found = problems_of(
        "limits.requests_per_minut=5",
        "latency.mean_s=-1",
        "latency.kind=slow",
        "faults.0.kind=hung",
        "nonsense",
    )
    text = "\n".join(found)
    assert len(found) == 5
    assert "limits.requests_per_minut is no key of the plan" in text
    assert "did you mean requests_per_minute?" in text
    assert "latency.mean_s is -1; it must be at least 0" in text
    assert "latency.kind is 'slow'; allowed: constant, uniform" in text
    assert "faults.0.kind is 'hung'; allowed: status" in text
    assert "did you mean hang?" in text
    assert "'nonsense' is no setting; it must be dotted.key=value" in text


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("latency.kind=uniform", "needs min_s and max_s"),
        ("latency.kind=percentiles", "needs percentiles_s"),
        ("latency.percentiles_s={p50 = 2, p90 = 1}", "must not fall"),
        ("latency.percentiles_s={p500 = 2}", "allowed: p0 to p100"),
        ("latency.mean_s='fast'", "must be a number"),
        ("limits.requests_per_minute=1.5", "must be a whole number"),
        ("faults=[{kind = 'hang', after_chunks = 1, after_bytes = 2}]", "give one of them"),
        ("faults=[{kind = 'status'}]", "faults.0.status is missing"),
        ("faults=[{kind = 'status', status = 200}]", "at least 400"),
        ("faults=[{status = 500}]", "faults.0 has no kind"),
        ("faults=[{kind = 'hang', when = {prompt = '('}}]", "no regular expression"),
        ("faults=[{kind = 'hang', when = {after_s = 5, until_s = 2}}]", "must be larger than after_s"),
        ("faults=[{kind = 'hang', when = {shar = 1}}]", "did you mean share?"),
        ("faults=[{kind = 'refused_connection', when = {share = 0.5}}]", "strikes before there is a request"),
        ("latency=5", "must be a table"),
    ],
)
def test_problem_says_what_is_allowed(override: str, words: str) -> None:
    assert words in "\n".join(problems_of(override))


def test_file_that_is_no_toml_names_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("[limits\n")
    with pytest.raises(PlanError, match=r"is no TOML: .*line 1"):
        load_plan(file)


def test_file_that_is_no_text_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlanError, match="no UTF-8 text"):
        load_plan(file)


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"cannot be read \(No such file or directory\)"):
        load_plan(tmp_path / "absent.toml")


def test_written_plan_reads_back_the_same(tmp_path: Path) -> None:
    plan = load_plan(None, MANY_SETTINGS)
    file = tmp_path / "plan.toml"
    file.write_text(plan_to_toml(plan))
    assert load_plan(file) == plan


def test_override_changes_a_plan_and_leaves_the_old_one() -> None:
    plan = load_plan(None, ["limits.requests_per_minute=60"])
    changed = override_plan(plan, ["limits.tokens_per_minute=100"])
    assert (changed.limits.requests_per_minute, changed.limits.tokens_per_minute) == (60, 100)
    assert plan.limits.tokens_per_minute is None


def test_semicolon_inside_a_value_separates_nothing() -> None:
    assert split_overrides("a=1; b={x = 'p;q'}; c=[1]") == ["a=1", "b={x = 'p;q'}", "c=[1]"]


@given(st.text(max_size=60))
def test_junk_override_is_a_plan_error_and_never_another(text: str) -> None:
    try:
        load_plan(None, [text])
    except PlanError as error:
        assert error.problems


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                        ["latency", "limits", "faults", "kind", "when", "share", "status", "x"]), inner, max_size=3),
                    max_leaves=8))  # fmt: skip
def test_junk_document_is_a_plan_error_and_never_another(value: object) -> None:
    document = value if isinstance(value, dict) else {"faults": value}
    try:
        check_plan(document)
    except PlanError as error:
        assert error.problems


def test_reply_section_mirrors_the_script() -> None:
    assert list(ReplySection.model_fields) == list(Script.__struct_fields__)
    given = ReplySection().model_dump()
    assert {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()} == {
        name: getattr(Script(), name) for name in Script.__struct_fields__
    }


def test_every_fault_has_its_own_kind() -> None:
    kinds = [get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(AnyFault)[0])]
    assert len(kinds) == len(set(kinds)) == 17
