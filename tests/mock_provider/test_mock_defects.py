"""A defect of the provider itself: one request gets an error, everything else goes on."""

from __future__ import annotations

import pytest
from wire_client import connect, exchange, post, receive_until_closed, request_bytes, split_answer, wait_until

from mock_provider import exchange as exchange_module
from mock_provider import serving as serving_module
from mock_provider.running import run_provider


def break_down(*_: object, **__: object) -> None:
    raise RuntimeError("a defect")


def test_defect_while_reading_is_a_500_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_provider("latency.mean_s=0") as provider:
        with monkeypatch.context() as broken:
            broken.setattr(serving_module, "read_request", break_down)
            response = post(provider)
        assert response.status_code == 500
        assert response.json()["error"]["type"] == "server_error"
        assert post(provider).status_code == 200
        assert provider.statistics.in_flight == 0
        assert provider.statistics.by_fault == {"defect": 1}
    assert "a defect" in caplog.text


def test_defect_in_the_middle_of_a_stream_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_provider("latency.mean_s=0", "latency.per_token_s=0.2", "reply.reply_tokens=3") as provider:
        with connect(provider) as client:
            client.sendall(request_bytes(stream=True))
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            monkeypatch.setattr(exchange_module, "frame", break_down)
            _, ended = receive_until_closed(client)
        assert ended == "closed"
        assert provider.statistics.in_flight == 0
    assert "a defect" in caplog.text


def test_defect_after_the_queue_spares_the_one_that_gave_back_the_slot(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_provider("latency.mean_s=1", "capacity.slots=1") as provider:
        first, second = connect(provider), connect(provider)
        first.sendall(request_bytes(headers="connection: close\r\n"))
        wait_until(lambda: provider.statistics.in_flight == 1)
        second.sendall(request_bytes(headers="connection: close\r\n"))
        wait_until(lambda: provider.statistics.queued == 1)
        monkeypatch.setattr(provider._server.engine, "answer", break_down)
        first.settimeout(5)
        second.settimeout(5)
        statuses = [split_answer(client.recv(65536))[0] for client in (first, second)]
        first.close()
        second.close()
    assert statuses == [200, 500]
    assert "a defect" in caplog.text


def test_defects_under_load_do_not_fill_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_provider("latency.mean_s=0") as provider:
        monkeypatch.setattr(serving_module, "read_request", break_down)
        exchange(provider, request_bytes() * 50)
    assert 0 < len(caplog.records) <= 10
