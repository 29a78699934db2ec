"""Ledger, counters and text forms: bounded, honest about what is missing."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_client import CHAT

from mock_provider.answer import plain_answer, stream_answer
from mock_provider.dice import Dice
from mock_provider.engine import Engine
from mock_provider.incoming import Incoming, read_head
from mock_provider.ledger import KEPT, Ledger
from mock_provider.metrics import write_metrics
from mock_provider.plan import load_plan
from mock_provider.records import Attempt
from mock_provider.serving import Serving
from mock_provider.statistics import Histogram, Statistics, read_quantile
from mock_provider.toml_text import write_toml
from mock_provider.wire import frame, frame_partial, frame_whole, make_head, unframe


def attempt(ordinal: int = 0, **known: Any) -> Attempt:
    fields: dict[str, Any] = {
        "endpoint": "embeddings",
        "received_s": 1.0,
        "end_s": 1.3,
        "outcome": "ok",
        "status": 200,
    }
    return Attempt(ordinal=ordinal, **(fields | known))


def test_ledger_writes_lines_that_read_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "x.jsonl")
    written = [attempt(number, canaries=["cnry0123456789ab"]) for number in range(2500)]
    for start in range(0, 2500, 100):
        ledger.write(written[start : start + 100])
    ledger.close()
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Attempt) for line in lines] == written


def test_every_field_of_an_attempt_says_what_its_name_says() -> None:
    engine = Engine(
        load_plan(None, ["latency.mean_s=0.5", "faults=[{kind='delay', delay_s=0.25, name='late'}]"]),
        start_s=0.0,
    )
    headers = {
        b"traceparent": b"00-" + b"ab" * 16 + b"-" + b"cd" * 8 + b"-01",
        b"x-stainless-retry-count": b"2",
        b"x-stainless-read-timeout": b"30",
    }
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    body = CHAT | {"stream": True, "tools": [tool], "tool_choice": "required"}
    body["messages"] = [{"role": "user", "content": "Look at cnry0123456789ab"}]
    serving = Serving(
        ordinal=5,
        incoming=Incoming(
            head=read_head("POST", b"/v1/chat/completions", headers),
            body=msgspec.json.encode(body),
            received_s=10.0,
            connection_request=3,
        ),
        in_flight=7,
        connection_ordinal=4,
    )
    assert serving.enter(engine, created=1, start=lambda: None) == "started"
    serving.status, serving.outcome = 200, "ok"
    serving.started_s, serving.first_byte_s, serving.end_s = 10.25, 11.0, 12.5
    assert serving.request is not None
    assert serving.make_attempt() == Attempt(
        ordinal=5,
        endpoint="chat.completions",
        received_s=10.0,
        end_s=12.5,
        outcome="ok",
        status=200,
        trace_id="ab" * 16,
        connection=4,
        connection_request=3,
        model="gpt-4o",
        stream=True,
        first_byte_s=11.0,
        injected_s=0.75,
        achieved_s=2.25,
        queued_s=0.25,
        in_flight=7,
        fault="delay",
        rule="late",
        retry_count=2,
        read_timeout_s=30.0,
        retry_after_s=None,
        prompt_tokens=serving.request.draft.reply.prompt_tokens,
        completion_tokens=serving.request.draft.reply.completion_tokens,
        prompt_chars=24,
        prompt_hash=hashlib.blake2b(msgspec.json.encode(body), digest_size=8).hexdigest(),
        canaries=["cnry0123456789ab"],
        tools_called=["look"],
    )


def test_ledger_in_memory_is_bounded() -> None:
    ledger = Ledger(None)
    for start in range(0, KEPT + 500, 500):
        ledger.write([attempt(start + number) for number in range(500)])
    assert len(ledger.recent) == KEPT
    assert ledger.recent[-1].ordinal == KEPT + 499


def test_full_disk_is_counted_and_breaks_nothing() -> None:
    ledger = Ledger(Path("/dev/full"))
    ledger.write([attempt(number) for number in range(10)])
    ledger.flush()
    ledger.write([attempt()])
    ledger.close()
    assert ledger.lost_count == 11
    assert ledger.error is not None


def test_snapshot_tells_outcomes_apart() -> None:
    statistics = Statistics()
    outcomes = ["ok", "ok", "rate_limited", "overloaded", "refused", "fault", "client_gone"]
    statistics.add([attempt(n, outcome=outcome) for n, outcome in enumerate(outcomes)])
    snapshot = statistics.snapshot(uptime_s=1.0, queued=0, ledger_lost=0)
    assert (snapshot.attempts, snapshot.ok, snapshot.rate_limited, snapshot.overloaded) == (7, 2, 1, 1)
    assert (snapshot.refused, snapshot.faults, snapshot.client_gone) == (1, 1, 1)


def test_lateness_is_none_until_there_is_an_answer() -> None:
    assert Statistics().snapshot(uptime_s=0.0, queued=0, ledger_lost=0).late_p50_s is None


def test_lateness_is_achieved_less_injected() -> None:
    statistics = Statistics()
    statistics.add(
        [attempt(injected_s=0.2, achieved_s=0.2015)] * 99 + [attempt(injected_s=0.2, achieved_s=0.215)]
    )
    snapshot = statistics.snapshot(uptime_s=1.0, queued=0, ledger_lost=0)
    assert (snapshot.late_p50_s, snapshot.late_p99_s) == (0.002, 0.002)


def test_quantile_above_all_bounds_is_not_known() -> None:
    histogram = Histogram((1.0, 2.0))
    histogram.add([5.0, 6.0])
    assert read_quantile(histogram, 0.5) is None


def test_metrics_buckets_add_up() -> None:
    statistics = Statistics()
    statistics.add([attempt(number, end_s=1.0 + number) for number in range(5)])
    text = write_metrics(statistics, statistics.snapshot(uptime_s=1.0, queued=0, ledger_lost=0))
    buckets = [
        int(line.split()[-1])
        for line in text.splitlines()
        if line.startswith("mock_request_duration_seconds_b")
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 5
    assert "mock_request_duration_seconds_sum 10.0" in text


toml_values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=6), toml_values, max_size=5))
def test_toml_reads_back_as_it_was(document: dict[str, Any]) -> None:
    assert tomllib.loads(write_toml(document)) == document


def test_toml_leaves_out_none() -> None:
    assert tomllib.loads(write_toml({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


def test_dice_are_even_and_the_same_again() -> None:
    rolls = [Dice(1, "rule").roll(number) for number in range(10_000)]
    assert sum(rolls) / len(rolls) == pytest.approx(0.5, abs=0.01)
    assert rolls[:5] == [Dice(1, "rule").roll(number) for number in range(5)]
    assert rolls[:5] != [Dice(2, "rule").roll(number) for number in range(5)]


def head_of(answer: Any, **options: Any) -> bytes:
    fixed: dict[str, Any] = {
        "date": "D",
        "request_id": "req_1",
        "processing_ms": 3,
        "keeps_alive": True,
        "is_chunked": False,
    }
    return make_head(answer, **(fixed | options))


def test_head_claims_the_length_of_a_plain_answer() -> None:
    head = head_of(plain_answer(b"12345", first_s=0))
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\ncontent-length: 5\r\n" in head
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1


def test_head_of_a_stream_is_chunked_or_ends_with_the_connection() -> None:
    stream = stream_answer([b"a"], first_token=0, tokens=1, first_s=0, gap_s=0)
    assert b"transfer-encoding: chunked" in head_of(stream, is_chunked=True)
    bare = head_of(stream, keeps_alive=False)
    assert b"content-length" not in bare
    assert b"connection: close" in bare


def test_chunks_are_framed() -> None:
    assert frame(b"abc", is_chunked=True) == b"3\r\nabc\r\n"
    assert frame(b"abc", is_chunked=False) == b"abc"
    assert frame(b"", is_chunked=True) == b""
    assert frame_whole(b"abc") == b"3\r\nabc\r\n0\r\n\r\n"
    assert unframe(frame_whole(b"a\r\nb")) == b"a\r\nb"
    assert frame_partial((10, b"abc"), is_chunked=True) == b"a\r\nabc"
