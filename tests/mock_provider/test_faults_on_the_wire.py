"""Each fault as a client meets it: raw bytes, FIN, RST, silence."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from wire_client import connect, exchange, post, request_bytes, split_answer, wait_for_attempts

from mock_provider.running import RunningProvider, run_provider

Provider = Callable[..., RunningProvider]


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0") as provider:
        yield provider


@pytest.fixture
def fault(shared: RunningProvider) -> Provider:
    """The provider, breaking in one way."""

    def use(settings: str, *more: str) -> RunningProvider:
        shared.change(f"faults=[{{{settings}}}]", "latency.mean_s=0", "latency.per_token_s=0", *more)
        shared.reset()
        return shared

    return use


def fields(provider: RunningProvider) -> tuple[str, int | None, str | None]:
    attempt = wait_for_attempts(provider, 1)[0]
    return attempt.outcome, attempt.status, attempt.fault


def test_status(fault: Provider) -> None:
    provider = fault("kind='status', status=529, retry_after_s=2")
    response = post(provider)
    assert (response.status_code, response.headers["retry-after"]) == (529, "2")
    assert response.json()["error"]["type"] == "server_error"
    assert fields(provider) == ("fault", 529, "status")
    assert provider.attempts[0].retry_after_s == 2
    assert provider.attempts[0].completion_tokens is None


def test_delay(fault: Provider) -> None:
    provider = fault("kind='delay', delay_s=0.15")
    assert post(provider).elapsed.total_seconds() >= 0.149
    assert fields(provider) == ("ok", 200, "delay")


def test_slow_first_token(fault: Provider) -> None:
    provider = fault("kind='slow_first_token', delay_s=0.15")
    exchange(provider, request_bytes(stream=True))
    attempt = wait_for_attempts(provider, 1)[0]
    assert attempt.first_byte_s is not None
    assert attempt.first_byte_s - attempt.received_s >= 0.149


def test_slow_tokens(fault: Provider) -> None:
    provider = fault("kind='slow_tokens', per_token_s=0.01", "reply.reply_tokens=11")
    exchange(provider, request_bytes(stream=True))
    attempt = wait_for_attempts(provider, 1)[0]
    assert attempt.achieved_s is not None
    assert attempt.injected_s == pytest.approx(0.1)
    assert attempt.achieved_s >= 0.099


def test_hang_before_the_headers(fault: Provider) -> None:
    provider = fault("kind='hang'")
    assert exchange(provider, request_bytes()) == (b"", "silent")
    assert fields(provider) == ("client_gone", None, "hang")


def test_hang_in_the_middle_of_a_stream(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='hang', after_chunks=2"), request_bytes(stream=True))
    assert ended == "silent"
    assert answer.count(b"data: {") == 2


def test_hang_at_a_byte(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='hang', after_bytes=7"), request_bytes())
    _, headers, body = split_answer(answer)
    assert ended == "silent"
    assert len(body) == 7
    assert int(headers["content-length"]) > 7


def test_hang_in_the_head(fault: Provider) -> None:
    assert exchange(fault("kind='hang', after_head_bytes=9"), request_bytes()) == (b"HTTP/1.1 ", "silent")


def test_hang_that_ends_closes_the_connection(fault: Provider) -> None:
    provider = fault("kind='hang', for_s=0.05")
    assert exchange(provider, request_bytes()) == (b"", "closed")
    assert fields(provider) == ("fault", None, "hang")


def test_hang_after_done_never_ends_the_body(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='hang', after_chunks=999"), request_bytes(stream=True))
    assert ended == "silent"
    assert b"data: [DONE]\n\n" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_reset_before_the_headers(fault: Provider) -> None:
    provider = fault("kind='reset'")
    assert exchange(provider, request_bytes()) == (b"", "reset")
    assert fields(provider) == ("fault", None, "reset")


def test_reset_in_the_middle_of_a_stream(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='reset', after_chunks=2"), request_bytes(stream=True))
    assert ended == "reset"
    assert answer.count(b"data: {") == 2


def test_close_before_the_headers(fault: Provider) -> None:
    assert exchange(fault("kind='close'"), request_bytes()) == (b"", "closed")


def test_close_in_the_middle_of_a_chunk(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='close', after_bytes=300"), request_bytes(stream=True))
    _, _, body = split_answer(answer)
    promised = int(body.rsplit(b"data: ", 1)[0].rsplit(b"\r\n", 2)[-2], 16)
    assert ended == "closed"
    assert promised > len(body.rsplit(b"\r\n", 1)[1])


@pytest.mark.parametrize("with_done", [True, False])
def test_truncated_stream(fault: Provider, with_done: bool) -> None:
    provider = fault(f"kind='truncated_stream', after_chunks=3, with_done={str(with_done).lower()}")
    response = post(provider, {"model": "m", "messages": [{"role": "user", "content": "a"}], "stream": True})
    assert response.text.count("data: {") == 3
    assert ("[DONE]" in response.text) is with_done
    assert '"finish_reason":"stop"' not in response.text


def test_malformed_event(fault: Provider) -> None:
    answer, _ = exchange(fault("kind='malformed_event', after_chunks=1"), request_bytes(stream=True))
    assert b'data: {"id": "chatcmpl-\n\n' in answer
    assert b"[DONE]" in answer


def test_error_event(fault: Provider) -> None:
    answer, _ = exchange(fault("kind='error_event'"), request_bytes(stream=True))
    assert b'data: {"error":{' in answer
    assert b"[DONE]" not in answer


def test_malformed_json(fault: Provider) -> None:
    response = post(fault("kind='malformed_json'"))
    assert (response.status_code, response.text) == (200, '{"id": "chatcmpl-')


def test_wrong_content_type(fault: Provider) -> None:
    response = post(fault("kind='wrong_content_type'"))
    assert response.headers["content-type"] == "text/html; charset=utf-8"


def test_wrong_content_length(fault: Provider) -> None:
    answer, ended = exchange(fault("kind='wrong_content_length', by_bytes=10"), request_bytes())
    _, headers, body = split_answer(answer)
    assert ended == "closed"
    assert int(headers["content-length"]) == len(body) + 10


def test_dribble(fault: Provider) -> None:
    provider = fault("kind='dribble', slice_bytes=100, gap_s=0.01", "reply.reply_text='ok'")
    with connect(provider) as client:
        client.sendall(request_bytes())
        parts = []
        client.settimeout(0.3)
        try:
            while part := client.recv(65536):
                parts.append(part)
        except TimeoutError:
            pass
    assert len(parts) > 3
    assert b"".join(parts).endswith(b"}")


def test_plain_instead_of_stream(fault: Provider) -> None:
    answer, _ = exchange(fault("kind='plain_instead_of_stream'"), request_bytes(stream=True))
    assert split_answer(answer)[1]["content-type"] == "application/json"


def test_refused_connection() -> None:
    with run_provider("faults=[{kind='refused_connection', when={after_s=0.05, until_s=0.3}}]") as provider:
        port = provider.port
        kept = connect(provider)
        _wait_until_refused(port)
        kept.sendall(request_bytes(path="/v1/models").replace(b"POST", b"GET"))
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        kept.close()
        deadline_s = time.monotonic() + 5
        while not _accepts(port) and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert _accepts(port)


def test_stalled_accept() -> None:
    with run_provider("latency.mean_s=0", "faults=[{kind='stalled_accept', when={until_s=0.4}}]") as provider:
        started_s = time.monotonic()
        answer, _ = exchange(provider, request_bytes(headers="connection: close\r\n"))
        assert answer.startswith(b"HTTP/1.1 200")
        assert time.monotonic() - started_s >= 0.2


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def _wait_until_refused(port: int) -> None:
    deadline_s = time.monotonic() + 5
    while _accepts(port):
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
