"""Locust drives a service that is already running."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from load_process import Run, run_locust, write_scenario


@pytest.fixture(scope="module")
def stepped(service_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of three steps, with Locust's own CSV and HTML."""
    folder = tmp_path_factory.mktemp("stepped")
    fields = (
        f"target='{service_url}/work', steps=(1, 3, 6), hold='1s', drain='2s', body='{{\"u\": {{user}}}}'"
    )
    return run_locust(write_scenario(folder, fields), "--csv", "csv/out", "--html", "out.html")


def test_steps_run_one_after_the_other_with_their_users(stepped: Run) -> None:
    assert stepped.code == 0, stepped.output
    kinds = [(e.kind, e.step, e.users) for e in stepped.events() if e.step is not None]
    assert kinds == [
        (kind, step, users)
        for step, users in enumerate((1, 3, 6))
        for kind in ("step_started", "step_ended", "step_drained")
    ]
    assert stepped.events()[0].kind == "run_started"
    assert stepped.events()[-1].kind == "run_ended"
    assert stepped.events()[-1].data == {"completed": True}


def test_every_user_of_a_step_sends_and_keeps_its_number(stepped: Run) -> None:
    users = {step: {s.user for s in stepped.samples() if s.step == step} for step in range(3)}
    assert users == {0: set(range(1)), 1: set(range(3)), 2: set(range(6))}


def test_sequence_numbers_of_a_user_continue_over_the_steps(stepped: Run) -> None:
    for user in range(6):
        sequences = [s.sequence for s in stepped.samples() if s.user == user]
        assert sequences == list(range(len(sequences)))


def test_a_request_is_due_when_its_user_became_free(stepped: Run) -> None:
    starts_s = {e.step: e.at_s for e in stepped.events("step_started")}
    for user in range(6):
        samples = sorted((s for s in stepped.samples() if s.user == user), key=lambda s: s.sequence)
        for before, sample in zip([None, *samples], samples, strict=False):
            assert sample.end_s is not None
            assert starts_s[sample.step] <= sample.due_s <= sample.start_s <= sample.end_s
            if before is not None and before.step == sample.step:
                assert before.end_s is not None
                assert 0 <= sample.due_s - before.end_s < 1.0


def test_nothing_starts_once_a_step_has_ended(stepped: Run) -> None:
    ended_s = {e.step: e.at_s for e in stepped.events("step_ended")}
    assert all(s.start_s <= ended_s[s.step] + 0.1 for s in stepped.samples())
    assert all(s.outcome == "ok" for s in stepped.samples())


def test_each_step_has_its_generator_health(stepped: Run) -> None:
    assert [h.step for h in stepped.health()] == [0, 1, 2]
    assert all(0 <= h.cpu_ratio < 2 and h.lag_p95_s is not None for h in stepped.health())
    assert [h.in_flight_max for h in stepped.health()] == [1, 3, 6]


def test_progress_is_read_while_it_runs(stepped: Run) -> None:
    readings = stepped.progress()
    assert {r.step for r in readings} == {0, 1, 2}
    assert all(r.rate_limited_count is None for r in readings)
    assert any(r.phase == "hold" and r.throughput_per_s and r.p50_s for r in readings)


def test_run_json_tells_settings_and_versions(stepped: Run) -> None:
    info = stepped.info()
    assert info.settings.steps == (1, 3, 6)
    assert info.environment["locust"] and info.environment["python"]


def test_locusts_own_csv_and_html_are_written(stepped: Run) -> None:
    folder = stepped.path.parent
    rows = (folder / "csv" / "out_stats.csv").read_text().splitlines()
    aggregated = next(row for row in rows if "Aggregated" in row).split(",")
    assert int(aggregated[2]) == len(stepped.samples())
    assert "/work" in (folder / "out.html").read_text()


def test_placeholders_of_the_body_are_filled(stepped: Run, service_url: str) -> None:
    with urllib.request.urlopen(f"{service_url}/count") as answer:
        bodies = json.load(answer)["bodies"]
    assert {json.loads(body)["u"] for body in bodies if body} <= set(range(6))


def test_what_does_not_finish_is_censored_and_never_lost(service_url: str, tmp_path: Path) -> None:
    fields = f"target='{service_url}', path='/hang', steps=(2, 4), hold=1, drain=0.3, timeout=60"
    run = run_locust(write_scenario(tmp_path, fields))
    assert run.code == 0
    assert Counter((s.step, s.outcome) for s in run.samples()) == {(0, "censored"): 2, (1, "censored"): 4}
    assert all(s.end_s is None and s.status is None for s in run.samples())
    assert [e.data["censored"] for e in run.events("step_drained")] == [2, 4]


def test_a_service_that_never_answers_times_out_at_the_client(service_url: str, tmp_path: Path) -> None:
    fields = f"target='{service_url}', path='/hang', steps=(2,), hold=1, drain=2, timeout=0.3"
    run = run_locust(write_scenario(tmp_path, fields))
    assert {s.outcome for s in run.samples()} == {"timeout"}
    assert all(s.end_s is not None and s.end_s - s.start_s >= 0.3 for s in run.samples())


def test_an_error_answer_is_a_sample_with_its_words(service_url: str, tmp_path: Path) -> None:
    run = run_locust(
        write_scenario(tmp_path, f"target='{service_url}', path='/fail', steps=(1,), hold=1, think_time=0.1")
    )
    assert run.code == 0
    assert {(s.outcome, s.status, s.error) for s in run.samples()} == {("error", 500, "ValueError: no")}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_is_never_sent_twice(service_url: str, tmp_path: Path, method: str) -> None:
    fields = f"target='{service_url}', path='/drop', method='{method}', steps=(2,), hold=1, think_time=0.1"
    before = begun(service_url, "/drop")
    run = run_locust(write_scenario(tmp_path, fields))
    assert {s.outcome for s in run.samples()} == {"error"}
    assert begun(service_url, "/drop") - before == len(run.samples())


def test_a_user_keeps_its_connection_over_the_steps(service_url: str, tmp_path: Path) -> None:
    before = begun(service_url, "connections")
    run = run_locust(write_scenario(tmp_path, f"target='{service_url}/work', steps=(2, 4), hold=1"))
    assert len(run.samples()) > 20
    assert begun(service_url, "connections") - before == 4 + 1  # and the one that asks now


def begun(service_url: str, path: str) -> int:
    with urllib.request.urlopen(f"{service_url}/count") as answer:
        return int(json.load(answer)["begun"].get(path, 0))


def test_streams_are_timed_event_by_event(service_url: str, tmp_path: Path) -> None:
    fields = f"target='{service_url}', path='/stream?count=4&gap_s=0.05', mode='astream', steps=(2,), hold=1"
    run = run_locust(write_scenario(tmp_path, fields))
    assert len(run.samples()) > 2
    for sample in run.samples():
        assert sample.outcome == "ok" and sample.chunk_count == 4
        assert (
            sample.first_chunk_s is not None and sample.last_chunk_s is not None and sample.end_s is not None
        )
        assert sample.start_s + 0.05 <= sample.first_chunk_s < sample.last_chunk_s <= sample.end_s
        assert sample.chunk_gap_p50_s is not None and sample.chunk_gap_max_s is not None
        assert 0.02 < sample.chunk_gap_p50_s <= sample.chunk_gap_max_s


def test_think_time_passes_between_the_requests_of_a_user(service_url: str, tmp_path: Path) -> None:
    run = run_locust(
        write_scenario(tmp_path, f"target='{service_url}', steps=(1,), hold=1, think_time='200ms'")
    )
    samples = run.samples()
    for before, sample in pairwise(samples):
        assert before.end_s is not None
        assert 0.2 <= sample.due_s - before.end_s < 1.0


def test_tasks_of_a_scenario_replace_the_built_in_one(service_url: str, tmp_path: Path) -> None:
    own = (
        "class Shopper(ChainUser):\n"
        "    @task\n"
        "    def buy(self):\n"
        "        reply = self.invoke({'user': '{user}'})\n"
        "        assert reply.ok and reply.json() == {'output': 1}\n"
    )
    run = run_locust(write_scenario(tmp_path, f"target='{service_url}', steps=(2,), hold=1", more=own))
    assert run.code == 0, run.output
    assert '"Shopper": 2' in run.output
    assert "Traceback" not in run.output
    assert {s.outcome for s in run.samples()} == {"ok"}


def test_the_load_process_loads_neither_chain_nor_target_nor_reports(
    service_url: str, tmp_path: Path
) -> None:
    spy = (
        "import locust, pathlib, sys\n"
        "@locust.events.quit.add_listener\n"
        "def write(exit_code, **_):\n"
        "    pathlib.Path('modules').write_text('\\n'.join(sorted(sys.modules)))\n"
    )
    run_locust(write_scenario(tmp_path, f"target='{service_url}', steps=(1,), hold=1", more=spy))
    modules = (tmp_path / "modules").read_text().splitlines()
    banned = (
        "langchain",
        "langgraph",
        "openai",
        "harness.target",
        "reports",
        "mock_provider",
        "numpy",
        "matplotlib",
    )
    assert "harness.load.one_run" in modules
    assert [
        m for m in modules if m.startswith(banned) and not m.startswith("harness.target_environment")
    ] == []
