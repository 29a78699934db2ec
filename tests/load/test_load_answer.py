from __future__ import annotations

import pytest

from harness.load.answer import Answer, BrokenAnswerError
from harness.load.token_times import TokenTimes

HEAD = b"HTTP/1.1 200 OK\r\n"


def feed(*parts: bytes, is_streamed: bool = False) -> Answer:
    answer = Answer(is_streamed=is_streamed)
    for second, part in enumerate(parts):
        answer.feed(part, float(second))
    return answer


def test_an_answer_is_complete_when_its_length_has_arrived() -> None:
    assert not feed(HEAD + b"content-length: 4\r\n\r\nab").is_complete
    answer = feed(HEAD + b"content-length: 4\r\n\r\nab", b"cd")
    assert (answer.is_complete, answer.status, bytes(answer.body), answer.keeps_alive) == (
        True,
        200,
        b"abcd",
        True,
    )


def test_a_chunked_answer_is_complete_with_its_last_chunk() -> None:
    answer = feed(HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n", b"0\r\n\r\n")
    assert answer.is_complete and bytes(answer.body) == b"ab"


def test_an_answer_without_length_ends_with_its_connection() -> None:
    answer = feed(HEAD + b"\r\nab", b"")
    assert answer.is_complete and bytes(answer.body) == b"ab" and not answer.keeps_alive


def test_an_interim_answer_is_not_the_answer() -> None:
    answer = feed(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert (answer.is_complete, answer.status) == (False, None)
    answer.feed(b"HTTP/1.1 204 No Content\r\n\r\n", 1.0)
    assert (answer.is_complete, answer.status) == (True, 204)


def test_a_connection_to_be_closed_is_not_kept() -> None:
    assert not feed(HEAD + b"connection: close\r\ncontent-length: 0\r\n\r\n").keeps_alive


@pytest.mark.parametrize(
    "parts",
    [
        (b"",),
        (HEAD, b""),
        (HEAD + b"content-length: 4\r\n\r\nab", b""),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n", b""),
        (b"SSH-2.0-OpenSSH\r\n",),
    ],
)
def test_what_is_cut_short_or_no_http_is_broken(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(BrokenAnswerError):
        feed(*parts)


def test_events_are_timed_when_they_are_whole() -> None:
    times = TokenTimes(is_events=True)
    for at_s, data in enumerate(
        (b'event: metadata\ndata: {"run_id": 1}\n\n', b'data: "a"', b"\n\n", b'data: "b"\r\n\r\n')
    ):
        times.feed(data, float(at_s))
    assert times.arrivals_s == [2.0, 3.0]
    assert (times.first_s, times.last_s, times.gap_p50_s, times.gap_max_s) == (2.0, 3.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "empty", ['""', "null", "{}", '{"content": "", "type": "AIMessageChunk"}', '{"content":""}']
)
def test_what_says_nothing_before_the_first_token_is_none(empty: str) -> None:
    times = TokenTimes(is_events=True)
    times.feed(f"data: {empty}\n\n".encode(), 0.0)
    assert times.first_s is None
    times.feed(b'data: "a"\n\n', 1.0)
    times.feed(f"data: {empty}\n\n".encode(), 2.0)
    assert times.arrivals_s == [1.0, 2.0]


def test_one_token_has_no_gaps_and_none_has_no_times() -> None:
    times = TokenTimes(is_events=False)
    assert (times.first_s, times.last_s, times.gap_p50_s, times.gap_max_s) == (None, None, None, None)
    times.feed(b"abc", 5.0)
    assert (times.first_s, times.last_s, times.gap_p50_s, times.gap_max_s) == (5.0, 5.0, None, None)


@pytest.mark.parametrize("end", [b"event: end\n\n", b"data: [DONE]\n\n"])
def test_the_end_of_a_stream_is_no_token(end: bytes) -> None:
    times = TokenTimes(is_events=True)
    times.feed(b"data: 1\n\n" + end, 0.0)
    assert (len(times.arrivals_s), times.ended) == (1, True)


def test_an_error_event_is_kept() -> None:
    times = TokenTimes(is_events=True)
    times.feed(b'event: error\ndata: {"status_code": 500}\n\n', 0.0)
    assert times.error_data == b'{"status_code": 500}' and times.arrivals_s == []


def test_only_answers_to_streamed_requests_are_timed() -> None:
    assert feed(HEAD + b"content-length: 2\r\n\r\nab").times is None
    answer = feed(HEAD + b"content-length: 2\r\n\r\nab", is_streamed=True)
    assert answer.times is not None and answer.times.arrivals_s == [0.0]
