"""Bytes that have come before are not read again; nothing else may tell."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_client import connect, exchange, receive_until_closed, request_bytes, wait_for_attempts

from mock_provider import connection as connection_module
from mock_provider import server as server_module
from mock_provider.answer import Answer
from mock_provider.connection import Connection
from mock_provider.incoming import Head, Incoming
from mock_provider.latest import Latest
from mock_provider.running import run_provider
from mock_provider.server import Server

ONE = request_bytes()
OTHER = request_bytes({"messages": []}, headers="traceparent: 00-" + "ab" * 16 + "-" + "cd" * 8 + "-01\r\n")
LAST = request_bytes(headers="connection: close\r\n")
OLD = ONE.replace(b"HTTP/1.1", b"HTTP/1.0")
OLD_KEPT = OLD.replace(b"\r\nhost", b"\r\nconnection: keep-alive\r\nhost")
CHUNKED = b"POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
EXPECTING = request_bytes(headers="expect: 100-continue\r\n")
WITHOUT_BODY = b"HEAD /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"
AROUND_ONE = b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(ONE)
JUNK = b"\x00\x01\r\n\r\n"
PIECES = [ONE, OTHER, LAST, OLD, OLD_KEPT, CHUNKED, EXPECTING, WITHOUT_BODY, AROUND_ONE, JUNK, b"\r\n"]


class Wire:
    """Stands for server and transport at once: what it is told is the outcome."""

    def __init__(self) -> None:
        self.repeats = Latest[bytes, tuple[Head, bytes]](4)
        self.statistics = self
        self.bad_requests = 0
        self.told: list[Any] = []
        self.waiting: list[Connection] = []

    def connection_opened(self, connection: Connection) -> None:
        pass

    def receive(self, connection: Connection, incoming: Incoming) -> None:
        self.told.append((incoming.head, incoming.body, incoming.connection_request))
        connection.exchange = cast(Any, incoming)
        self.waiting.append(connection)

    def answer(self) -> None:
        while self.waiting:
            connection = self.waiting.pop()
            assert connection.exchange is not None
            head = cast(Any, connection.exchange).head
            connection.exchange_ended(0.0, keeps_alive=head.keeps_alive)

    def write_simple(self, answer: Answer, *, keeps_alive: bool) -> bytes:
        return b"".join(answer.pieces)

    def write(self, data: bytes) -> None:
        self.told.append(data)

    def close(self) -> None:
        self.told.append("closed")

    def take(self, parts: list[bytes], *, answers_at: int) -> list[Any]:
        """What came of the parts on a new connection."""
        self.told = []
        connection = Connection(cast(Server, self), 0)
        connection.connection_made(cast(Any, self))
        for place, part in enumerate(parts):
            connection.data_received(part)
            if place >= answers_at:
                self.answer()
        self.answer()
        return [*self.told, connection.is_mid_request]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
            st.none() | st.lists(st.integers(0, 3000), max_size=6),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_what_comes_of_bytes_is_the_same_however_often_they_came_and_however_they_are_cut(
    connections: list[tuple[list[bytes], list[int] | None, int]],
) -> None:
    remembering = Wire()
    for piece in PIECES:  # whole, on a connection of its own
        remembering.take([piece], answers_at=0)
    for pieces, places, answers_at in connections:
        parts = pieces if places is None else cut(b"".join(pieces), places)
        outcome = remembering.take(parts, answers_at=answers_at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(connection_module, "MOST_REPEATED_BYTES", 0)
            assert outcome == Wire().take(parts, answers_at=answers_at)


def test_only_whole_requests_that_may_be_followed_are_remembered() -> None:
    wire = Wire()
    for piece in [*PIECES, ONE + ONE, ONE[:-1], ONE + b"P"]:
        wire.take([piece], answers_at=0)
    wire.take([ONE[:20], ONE[20:]], answers_at=0)
    assert set(wire.repeats) <= {ONE, OTHER, OLD_KEPT, CHUNKED, WITHOUT_BODY}


def test_large_requests_are_not_remembered() -> None:
    wire = Wire()
    content = "x" * connection_module.MOST_REPEATED_BYTES
    wire.take([request_bytes({"messages": [{"role": "user", "content": content}]})], answers_at=0)
    assert not wire.repeats


def test_remembered_bytes_are_a_body_where_a_body_is_due() -> None:
    wire = Wire()
    wire.take([ONE], answers_at=0)
    assert ONE in wire.repeats
    (_, body, _), *_ = wire.take([AROUND_ONE, ONE], answers_at=0)
    assert body == ONE


def test_nothing_is_taken_after_the_last_request_of_a_connection() -> None:
    wire = Wire()
    wire.take([ONE], answers_at=0)
    told = wire.take([LAST, ONE], answers_at=2)
    assert sum(isinstance(event, tuple) for event in told) == 1


def test_each_of_equal_requests_is_answered_and_written_down_for_itself() -> None:
    with run_provider("latency.mean_s=0", "limits.requests_per_minute=100") as provider:
        with connect(provider) as client:
            for data in (ONE, ONE, OTHER, ONE, ONE + OTHER + ONE, ONE[:50], ONE[50:]):
                client.sendall(data)
            answers, _ = receive_until_closed(client)
        attempts = wait_for_attempts(provider, 8)
    assert [a.connection_request for a in attempts] == [a.ordinal for a in attempts] == list(range(8))
    assert [a.trace_id for a in attempts] == [None, None, "ab" * 16, None, None, "ab" * 16, None, None]
    assert [a.outcome for a in attempts] == ["ok", "ok", "refused", "ok", "ok", "refused", "ok", "ok"]
    assert len(set(re.findall(rb"x-request-id: (\w+)", answers))) == 8
    assert len(set(re.findall(rb"chatcmpl-(\w+)", answers))) == 6
    left = [int(number) for number in re.findall(rb"remaining-requests: (\d+)", answers)]
    assert left == sorted(left, reverse=True)


def test_head_request_sent_again_gets_no_body_again() -> None:
    with run_provider() as provider:
        once, _ = exchange(provider, WITHOUT_BODY)
        with connect(provider) as client:
            for _ in range(2):
                client.sendall(WITHOUT_BODY)
                assert len(client.recv(65536)) == len(once)


def test_memory_of_requests_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_REPEATS", 3)
    with run_provider("latency.mean_s=0") as provider:
        with connect(provider) as client:
            for number in range(10):
                client.sendall(request_bytes({"messages": [{"role": "user", "content": str(number)}]}))
                client.recv(65536)
        assert len(provider._server.repeats) <= 3
