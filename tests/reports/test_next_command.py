import shlex

import msgspec
from page_material import make_settings, make_verdict

from harness.settings import DEFAULT_MAX_S, RunSettings
from reports.next_command import OPTIONS, make_next_command


def test_the_command_adds_the_missing_step() -> None:
    command = make_next_command(make_verdict("undecided"))
    assert command == "chainload run app/chain.py:chain --steps 1,5,20,50,150"


def test_steps_that_were_added_on_the_way_are_not_asked_for_again() -> None:
    verdict = make_verdict("undecided")
    added = [
        msgspec.structs.replace(step, purpose="refinement") for step in verdict.steps if step.users == 20
    ]
    verdict = msgspec.structs.replace(
        verdict, steps=[step for step in verdict.steps if step.users != 20] + added
    )
    command = make_next_command(verdict)
    assert command is not None
    assert command.split("--steps ")[1] == "1,5,50,150"


def test_the_time_for_steps_is_given_when_it_is_not_the_usual() -> None:
    words = {
        max_s: make_next_command(make_verdict("undecided", settings=make_settings(max_s=max_s)))
        for max_s in (0.0, DEFAULT_MAX_S, 300.0)
    }
    assert "--max-seconds" not in f"{words[0.0]} {words[DEFAULT_MAX_S]}"
    assert "--max-seconds 300" in str(words[300.0])


def test_it_repeats_what_was_asked_of_the_run() -> None:
    settings = make_settings(
        mode="invoke", threads=8, mock_set=("limits.requests_per_minute=600", "latency.mean_s=0.5"),
        input_json='{"question": "what\'s up; rm -rf /"}', hold_s=2.5, allow_hosts=("db.local",),
    )  # fmt: skip
    command = make_next_command(make_verdict("not_reached", settings=settings))
    assert command is not None
    words = shlex.split(command)
    assert words[5:] == [
        "--mode", "invoke", "--threads", "8", "--input", '{"question": "what\'s up; rm -rf /"}',
        "--mock-set", "limits.requests_per_minute=600", "--mock-set", "latency.mean_s=0.5", "--hold", "2.5s",
        "--allow-host", "db.local",
    ]  # fmt: skip


def test_there_is_no_command_when_the_answer_is_tight() -> None:
    assert make_next_command(make_verdict("saturated")) is None


def test_there_is_no_command_for_steps_measured_elsewhere() -> None:
    verdict = make_verdict("undecided")
    verdict.run.clear()
    assert make_next_command(verdict) is None


def test_every_option_is_a_setting() -> None:
    assert set(OPTIONS) <= set(RunSettings.__struct_fields__)
