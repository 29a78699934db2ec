"""Asks the target how it is and tells it to cancel; asks the provider what it has refused.  Runs under gevent.

Whoever does not answer, or answers with something else, is None: that is a measurement, not an error.
"""

from __future__ import annotations

from typing import Any

import msgspec

from harness.load.answer import Answer, BrokenAnswerError
from harness.load.connection import Connection, NoAnswerInTimeError
from harness.load.service import Request, Service

STATUS_PATH = "/-/chainload/status"
CANCEL_PATH = "/-/chainload/cancel"
STATS_PATH = "/_mock/stats"


class TargetStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What a target has to do."""

    in_flight: int  # not answered yet
    lingering: int = 0  # answered because cut short, yet still at work

    @property
    def is_idle(self) -> bool:
        return self.in_flight + self.lingering == 0


def ask_status(service: Service, *, timeout_s: float) -> TargetStatus | None:
    answer = ask(service, "GET", STATUS_PATH, timeout_s=timeout_s)
    try:
        return msgspec.convert(answer, TargetStatus)
    except msgspec.ValidationError:
        return None


def cancel_all(service: Service, *, wait_s: float, timeout_s: float) -> int | None:
    """Have the target cancel what is in flight, and wait for it; how many there were."""
    answer = ask(service, "POST", f"{CANCEL_PATH}?wait_s={wait_s:g}", timeout_s=timeout_s)
    count = answer.get("cancelled") if isinstance(answer, dict) else None
    return count if isinstance(count, int) else None


def ask_rate_limited_count(service: Service, *, timeout_s: float) -> int | None:
    """429s the provider has sent so far."""
    answer = ask(service, "GET", STATS_PATH, timeout_s=timeout_s)
    count = answer.get("rate_limited") if isinstance(answer, dict) else None
    return count if isinstance(count, int) else None


def ask(service: Service, method: str, path: str, *, timeout_s: float) -> Any:
    """The JSON of an answer with status 200."""
    answer = fetch(service, method, path, {}, timeout_s=timeout_s)
    try:
        return msgspec.json.decode(answer.body) if answer is not None and answer.status == 200 else None
    except msgspec.DecodeError:
        return None


def fetch(
    service: Service, method: str, path: str, headers: dict[str, str], *, timeout_s: float
) -> Answer | None:
    """The whole answer, on a connection of its own; None when there was none in time."""
    request = Request(method=method, path=path, name=path, content_type=None, body=b"", is_streamed=False)
    connection, answer = Connection(), Answer(is_streamed=False)
    try:
        connection.exchange(service, request, headers, answer, timeout_s=timeout_s)
    except (OSError, BrokenAnswerError, NoAnswerInTimeError):
        return None
    finally:
        connection.close()
    return answer
