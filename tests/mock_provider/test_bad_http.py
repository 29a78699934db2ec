"""Junk on the wire: an error in the provider's shape or a clean close, and the provider goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire_client import connect, exchange, post, receive_until_closed, request_bytes, split_answer

from mock_provider import connection as connection_module
from mock_provider.running import RunningProvider, run_provider

PATHS = [
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/models",
    "/v1/completions",
    "/v1/responses",
    "/v1/nothing",
]


@pytest.fixture(scope="module")
def provider(request: pytest.FixtureRequest) -> Iterator[RunningProvider]:
    with run_provider("latency.mean_s=0") as running:
        yield running


@pytest.fixture(autouse=True)
def no_defects(provider: RunningProvider, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever was sent, the provider itself did not fail, and still answers."""
    yield
    assert caplog.records == []
    assert provider.statistics.by_fault == {}
    assert post(provider).status_code == 200


def error_of(answer: bytes) -> tuple[int, dict[str, object]]:
    status, headers, body = split_answer(answer)
    assert int(headers["content-length"]) == len(body)
    error = json.loads(body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return status, error


@pytest.mark.parametrize(
    "junk",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"hello there\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
     b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: abc\r\n\r\n",
     b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
     b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
     b"POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
     b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
)  # fmt: skip
def test_junk_is_answered_with_400_and_closed(provider: RunningProvider, junk: bytes) -> None:
    answer, ended = exchange(provider, junk)
    assert ended in ("closed", "reset")
    assert error_of(answer)[0] == 400


def test_http_2_preface_is_answered_and_closed(provider: RunningProvider) -> None:
    answer, ended = exchange(provider, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert ended in ("closed", "reset")
    assert answer.startswith(b"HTTP/1.1 4")


def test_upgrade_is_refused(provider: RunningProvider) -> None:
    answer, ended = exchange(
        provider, b"GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    )
    assert ended == "closed"
    assert error_of(answer)[0] in (404, 426)


def test_head_without_end_is_refused_before_it_fills_the_memory(provider: RunningProvider) -> None:
    with connect(provider) as client:
        client.sendall(b"GET /v1/models HTTP/1.1\r\nx: ")
        try:
            for _ in range(40):
                client.sendall(b"a" * 10_000)
        except OSError:
            pass  # closed while we were sending
        answer, _ = receive_until_closed(client)
    assert answer == b"" or error_of(answer)[0] == 431


def test_body_over_the_limit_is_refused(provider: RunningProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MOST_BODY_BYTES", 1000)
    announced, _ = exchange(provider, b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 5000\r\n\r\n")
    assert error_of(announced)[0] == 413
    chunk = b"3e8\r\n" + b"a" * 1000 + b"\r\n"
    chunked, _ = exchange(
        provider, b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 2
    )
    assert error_of(chunked)[0] == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nonsense", b"[1]", b"null", b"\xff\xfe", b'"text"', b"[" * 100_000]
)
def test_bad_json_is_refused_in_the_providers_words(provider: RunningProvider, body: bytes) -> None:
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    answer, ended = exchange(provider, head + body)
    status, error = error_of(answer)
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert ended == "silent"


@pytest.mark.parametrize(
    ("line", "status"),
    [("PUT /v1/chat/completions", 405), ("POST /v1/models", 405), ("GET /", 404), ("POST /v1/nothing", 404),
     ("GET /v1/../etc/passwd", 404), ("PATCH /v1/models/gpt-4o", 405), ("GET /%00", 404)],
)  # fmt: skip
def test_unknown_path_or_method_is_an_error_of_its_shape(
    provider: RunningProvider, line: str, status: int
) -> None:
    answer, _ = exchange(provider, f"{line} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    assert error_of(answer)[0] == status


def test_head_request_gets_no_body(provider: RunningProvider) -> None:
    answer, _ = exchange(provider, b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
    assert split_answer(answer)[2] == b""


def test_expect_continue_is_answered(provider: RunningProvider) -> None:
    with connect(provider) as client:
        head, _, body = request_bytes(headers="expect: 100-continue\r\n").partition(b"\r\n\r\n")
        client.sendall(head + b"\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(body)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_sender_of_single_bytes_is_served(provider: RunningProvider) -> None:
    with connect(provider) as client:
        for byte in request_bytes():
            client.sendall(bytes([byte]))
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_chunked_request_is_read(provider: RunningProvider) -> None:
    body = request_bytes().partition(b"\r\n\r\n")[2]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:5], body[5:]))
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert exchange(provider, head + chunks + b"0\r\n\r\n")[0].startswith(b"HTTP/1.1 200 OK")


def test_client_that_closes_in_the_middle_of_a_request_leaves_nothing_behind(
    provider: RunningProvider,
) -> None:
    for end in (5, 60, 120, -10):
        with connect(provider) as client:
            client.sendall(request_bytes()[:end])
    assert provider.statistics.in_flight == 0


def test_silence_in_the_middle_of_a_request_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_provider.server.SLOWEST_REQUEST_S", 0.1)
    monkeypatch.setattr("mock_provider.server.SWEEP_S", 0.05)
    with run_provider() as provider:
        answer, ended = exchange(provider, request_bytes()[:-5])
    assert ended == "closed"
    assert error_of(answer)[0] == 408


def test_idle_connection_is_closed_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_provider.server.LONGEST_IDLE_S", 0.1)
    monkeypatch.setattr("mock_provider.server.SWEEP_S", 0.05)
    with run_provider() as provider:
        assert exchange(provider, b"") == (b"", "closed")


def test_too_long_a_pipeline_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MOST_PIPELINED", 5)
    with run_provider("latency.mean_s=5") as provider:
        assert exchange(provider, request_bytes() * 20)[1] in ("closed", "reset")


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(
    ["model", "messages", "input", "prompt", "stream", "n", "tools", "tool_choice", "response_format", "stop",
     "max_tokens", "temperature", "stream_options", "logprobs", "encoding_format", "dimensions"]
)  # fmt: skip


@quick
@given(st.binary(max_size=200))
def test_any_bytes_are_survived(provider: RunningProvider, data: bytes) -> None:
    with connect(provider) as client:
        client.sendall(data)
        client.shutdown(1)
        client.settimeout(5)
        received = b""
        try:
            while part := client.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    assert not re.search(rb"HTTP/1.1 5\d\d", received)


@quick
@given(st.sampled_from(PATHS), st.dictionaries(fields, json_values, max_size=6))
def test_any_json_is_answered_or_refused_never_a_5xx(
    provider: RunningProvider, path: str, body: dict[str, Any]
) -> None:
    request = request_bytes({"model": "gpt-4o"} | body, path=path, headers="connection: close\r\n")
    answer, _ = exchange(provider, request)
    status = split_answer(answer)[0]
    assert status in (200, 400, 404, 405), body
    if status != 200:
        error_of(answer)
