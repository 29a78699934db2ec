"""One request from its sending to its record.  Runs under gevent, in the greenlet of the user that sends it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

from harness.load.answer import Answer, BrokenAnswerError
from harness.load.connection import Connection, NoAnswerInTimeError
from harness.load.service import Request, Service
from harness.records import Sample, SampleOutcome
from harness.tracing import SEQUENCE_HEADER, STEP_HEADER, USER_HEADER, make_traceparent

MAX_ERROR_CHARS = 300
TIMEOUT_STATUS = 504  # how a target of ours answers for an invocation that it gave up


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which request this is."""

    trace_id: str
    step: int  # -1: of no step
    user: int
    sequence: int
    due_s: float

    def headers(self) -> dict[str, str]:
        headers = {
            "traceparent": make_traceparent(self.trace_id),
            USER_HEADER: str(self.user),
            SEQUENCE_HEADER: str(self.sequence),
        }
        return headers | {STEP_HEADER: str(self.step)} if self.step >= 0 else headers


@dataclass(slots=True, kw_only=True)
class Flight:
    """A request on its way.  ``sample`` is there when it has ended, however it did."""

    identity: Identity
    service: Service
    request: Request
    connection: Connection
    timeout_s: float
    answer: Answer = field(init=False)
    sample: Sample | None = None
    is_cut: bool = False
    start_s: float = 0.0

    def __post_init__(self) -> None:
        self.answer = Answer(is_streamed=self.request.is_streamed)

    def cut(self) -> None:
        """Count it as censored from now on, whatever may still arrive."""
        self.is_cut = True

    def abandon(self) -> None:
        """Stop waiting for it.  From another greenlet."""
        self.is_cut = True
        self.connection.close()

    def fly(self) -> Sample:
        """Send, wait, and say how it ended.  A user that is stopped meanwhile leaves a censored sample behind."""
        self.start_s = time.monotonic()
        try:
            self.connection.exchange(
                self.service, self.request, self.identity.headers(), self.answer, timeout_s=self.timeout_s
            )
        except (OSError, BrokenAnswerError) as error:
            self.sample = self._record("error", f"{type(error).__name__}: {error}")
        except NoAnswerInTimeError as error:
            self.sample = self._record("timeout", str(error))
        except BaseException:  # the user is being stopped: its request counts as cut off
            self.is_cut = True
            self.sample = self._record("censored", None)
            raise
        else:
            self.sample = self._record(*self._judge())
        return self.sample

    def _judge(self) -> tuple[SampleOutcome, str | None]:
        status, times = self.answer.status, self.answer.times
        if status is not None and 200 <= status < 300:
            if times is not None and times.error_data is not None:
                said = _field(times.error_data, "status_code")
                return _outcome_of(said, self.service), _words(times.error_data)
            if times is not None and self.service.kind == "runnable" and not times.ended:
                return "error", "StreamEnded: the stream stopped without its end event"
            return "ok", None
        return _outcome_of(status, self.service), _words(bytes(self.answer.body)) or f"HTTP {status}"

    def _record(self, outcome: SampleOutcome, error: str | None) -> Sample:
        now_s = time.monotonic()
        times = self.answer.times
        return Sample(
            trace_id=self.identity.trace_id,
            step=self.identity.step,
            user=self.identity.user,
            sequence=self.identity.sequence,
            due_s=self.identity.due_s,
            start_s=self.start_s,
            end_s=None if self.is_cut else now_s,
            outcome="censored" if self.is_cut else outcome,
            status=None if self.is_cut else self.answer.status,
            error=error[:MAX_ERROR_CHARS] if error and not self.is_cut else None,
            first_chunk_s=times.first_s if times else None,
            last_chunk_s=times.last_s if times else None,
            chunk_count=len(times.arrivals_s) if times else None,
            chunk_gap_p50_s=times.gap_p50_s if times else None,
            chunk_gap_max_s=times.gap_max_s if times else None,
        )


def _outcome_of(status: object, service: Service) -> SampleOutcome:
    return "timeout" if status == TIMEOUT_STATUS and service.is_controlled else "error"


def _words(body: bytes) -> str | None:
    """What an error answer says, its first line; None when it says nothing."""
    for name in ("error", "message", "detail"):
        value = _field(body, name)
        if isinstance(value, dict):
            value = ": ".join(str(value[k]) for k in ("type", "message") if value.get(k))
        if value:
            return str(value).strip().splitlines()[0]
    text = body.decode(errors="replace").strip()
    return text.splitlines()[0] if text else None


def _field(body: bytes, name: str) -> object:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return value.get(name) if isinstance(value, dict) else None
