"""Each fault: how it changes an answer.  Pure; what comes over the wire is in test_faults_on_the_wire."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_provider.answer import Answer, plain_answer, stream_answer
from mock_provider.plan import check_plan

EVENTS = [b"data: role\n\n", b"data: one\n\n", b"data: two\n\n", b"data: end\n\n", b"data: [DONE]\n\n"]


def plain() -> Answer:
    return plain_answer(b'{"id":"chatcmpl-1"}', first_s=0.2)


def stream() -> Answer:
    return stream_answer(list(EVENTS), first_token=1, tokens=2, first_s=0.2, gap_s=0.01)


def apply(answer: Answer, **settings: Any) -> Answer:
    check_plan({"faults": [settings]}).faults[0].apply(answer)
    return answer


def test_stream_is_paced_from_first_to_last_token() -> None:
    answer = stream()
    assert (answer.lead, answer.paced) == (2, 3)
    assert answer.total_s == pytest.approx(0.21)


def test_status_replaces_the_answer_at_once() -> None:
    answer = apply(stream(), kind="status", status=503)
    assert (answer.status, answer.first_s, answer.is_stream) == (503, 0.0, False)
    error = json.loads(answer.pieces[0])["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "server_error"


def test_status_can_say_everything_itself() -> None:
    answer = apply(
        plain(), kind="status", status=429, message="no", type="t", code="c", param="p", retry_after_s=1.5,
        retry_after_ms=150, should_retry=False, after_s=0.1,
    )  # fmt: skip
    assert json.loads(answer.pieces[0]) == {
        "error": {"message": "no", "type": "t", "param": "p", "code": "c"}
    }
    assert answer.headers == {"retry-after": "1.5", "retry-after-ms": "150", "x-should-retry": "false"}
    assert answer.first_s == 0.1


def test_status_knows_what_a_spent_quota_says() -> None:
    error = json.loads(apply(plain(), kind="status", status=429, code="insufficient_quota").pieces[0])[
        "error"
    ]
    assert (error["type"], error["code"]) == ("insufficient_quota", "insufficient_quota")
    assert "exceeded your current quota" in error["message"]


def test_delay_adds_to_the_latency() -> None:
    assert apply(plain(), kind="delay", delay_s=1).first_s == pytest.approx(1.2)


def test_slow_first_token_delays_the_beginning_and_not_the_pace() -> None:
    answer = apply(stream(), kind="slow_first_token", delay_s=1)
    assert (answer.first_s, answer.gap_s) == (pytest.approx(1.2), 0.01)


def test_slow_tokens_change_the_pace_and_not_the_beginning() -> None:
    answer = apply(stream(), kind="slow_tokens", per_token_s=0.5)
    assert (answer.first_s, answer.gap_s) == (0.2, pytest.approx(0.51))


@pytest.mark.parametrize("kind", ["hang", "reset", "close"])
def test_without_a_position_not_even_the_head_is_sent(kind: str) -> None:
    answer = apply(plain(), kind=kind)
    assert (answer.sends_head, answer.pieces, answer.ending) == (False, [], kind)


@pytest.mark.parametrize("kind", ["hang", "reset", "close"])
def test_after_some_chunks(kind: str) -> None:
    answer = apply(stream(), kind=kind, after_chunks=2)
    assert (answer.sends_head, answer.pieces, answer.ending) == (True, EVENTS[:2], kind)


def test_after_all_chunks_the_end_of_the_body_never_comes() -> None:
    answer = apply(stream(), kind="hang", after_chunks=99)
    assert (answer.pieces, answer.ending) == (EVENTS, "hang")


def test_after_some_bytes_a_piece_is_left_half_sent() -> None:
    answer = apply(stream(), kind="close", after_bytes=len(EVENTS[0]) + 4)
    assert answer.pieces == EVENTS[:1]
    assert answer.partial == (len(EVENTS[1]), b"data")


def test_plain_answer_cut_short_still_claims_its_whole_length() -> None:
    answer = apply(plain(), kind="close", after_bytes=5)
    assert (answer.content_length, answer.partial) == (19, (19, b'{"id"'))


def test_after_some_bytes_of_the_head_there_is_no_body() -> None:
    answer = apply(plain(), kind="reset", after_head_bytes=10)
    assert (answer.head_bytes, answer.pieces) == (10, [])


def test_hang_can_end() -> None:
    assert apply(plain(), kind="hang", for_s=2.5).hang_s == 2.5


@pytest.mark.parametrize(("with_done", "last"), [(True, EVENTS[-1]), (False, EVENTS[1])])
def test_truncated_stream_ends_properly_but_too_early(with_done: bool, last: bytes) -> None:
    answer = apply(stream(), kind="truncated_stream", after_chunks=2, with_done=with_done)
    assert (answer.pieces[-1], answer.ending) == (last, "complete")
    assert EVENTS[3] not in answer.pieces


def test_malformed_event_takes_the_place_of_one() -> None:
    answer = apply(stream(), kind="malformed_event", after_chunks=2)
    assert answer.pieces == [*EVENTS[:2], b'data: {"id": "chatcmpl-\n\n', *EVENTS[3:]]


def test_error_event_is_the_last() -> None:
    answer = apply(stream(), kind="error_event", after_chunks=2, message="overloaded")
    assert len(answer.pieces) == 3
    assert json.loads(answer.pieces[-1].removeprefix(b"data: "))["error"]["message"] == "overloaded"


def test_malformed_json_keeps_status_and_type() -> None:
    answer = apply(plain(), kind="malformed_json")
    assert (answer.status, answer.content_type) == (200, "application/json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.pieces[0])
    assert apply(plain(), kind="malformed_json", body="").pieces == [b""]


def test_wrong_content_type_is_a_page_of_html() -> None:
    answer = apply(stream(), kind="wrong_content_type")
    assert answer.content_type.startswith("text/html")
    assert answer.pieces[0].startswith(b"<!DOCTYPE html>")
    assert not answer.is_stream


def test_wrong_content_type_can_keep_the_body() -> None:
    answer = apply(plain(), kind="wrong_content_type", content_type="text/plain", keep_body=True)
    assert (answer.content_type, answer.pieces) == ("text/plain", plain().pieces)


@pytest.mark.parametrize(("by_bytes", "claimed"), [(10, 29), (-5, 14), (-100, 0)])
def test_wrong_content_length_lies_and_closes(by_bytes: int, claimed: int) -> None:
    answer = apply(plain(), kind="wrong_content_length", by_bytes=by_bytes)
    assert (answer.content_length, answer.ending) == (claimed, "close")


def test_dribble_cuts_the_body_into_slices_with_pauses() -> None:
    answer = apply(plain(), kind="dribble", slice_bytes=5, gap_s=0.1)
    assert [len(piece) for piece in answer.pieces] == [5, 5, 5, 4]
    assert b"".join(answer.pieces) == plain().pieces[0]
    assert answer.total_s == pytest.approx(0.5)


def test_plain_instead_of_stream_takes_as_long_as_the_stream() -> None:
    answer = apply(stream(), kind="plain_instead_of_stream")
    assert (answer.is_stream, answer.content_type) == (False, "application/json")
    assert answer.first_s == pytest.approx(0.21)
    assert json.loads(answer.pieces[0])["object"] == "chat.completion"


@pytest.mark.parametrize("kind", ["refused_connection", "stalled_accept"])
def test_faults_of_the_listening_socket_change_no_answer(kind: str) -> None:
    assert apply(plain(), kind=kind) == plain()
