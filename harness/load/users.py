"""The user that Locust runs: waits for a step, sends to the chain, records.  Runs in every load-generating process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
import msgspec
from locust import FastHttpUser, task

from harness.load.connection import Connection
from harness.load.flight import Flight, Identity
from harness.load.orders import Orders
from harness.load.scenario import NOT_GIVEN
from harness.load.service import make_request
from harness.placeholders import Fill
from harness.records import Sample
from harness.settings import RunSettings
from harness.tracing import new_trace_id

if TYPE_CHECKING:
    from harness.load.plugin import LoadPlugin

CUT_OFF = "still in flight when the step ended"
REFUSED_PAUSE_S = (
    0.1  # a service that closes the door at once would be knocked at thousands of times a second
)
TIMEOUT_MARGIN_S = 5.0  # a target of ours answers for a hung invocation by itself, and with its stack


class RequestFailedError(Exception):
    """What Locust's statistics show for a request that did not end well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a request of a scenario's own task came to."""

    sample: Sample
    body: bytes

    @property
    def ok(self) -> bool:
        return self.sample.outcome == "ok"

    def json(self) -> Any:
        """The body, decoded.  Raises msgspec.DecodeError when it is no JSON."""
        return msgspec.json.decode(self.body)


class ChainUser(FastHttpUser):
    """A user that invokes the target again and again.

    Subclass it for tasks of your own that call ``self.invoke`` or ``self.stream``: they wait for the step, carry the
    trace and are recorded.  ``self.client`` is Locust's own, for requests that are not part of the measurement.
    """

    abstract = True
    host = "http://127.0.0.1"  # Locust wants one; the target's own address comes with each run
    plugin: ClassVar[LoadPlugin]

    def __init_subclass__(cls, **options: Any) -> None:
        """A scenario's own user replaces the one it was made from, and its tasks the built-in one."""
        super().__init_subclass__(**options)
        parent = cls.__mro__[1]
        if parent is not ChainUser and issubclass(parent, ChainUser):
            parent.abstract = True
        own = [item for item in cls.tasks if item is not ChainUser.call_target]
        cls.tasks = own or [ChainUser.call_target]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._connection = Connection()
        self._number: int | None = None
        self._sequence = 0
        self._free_s = time.monotonic()

    def wait_time(self) -> float:
        """The think time, counted from the end of the last request; none where requests come by the clock."""
        orders = self.plugin.worker.orders
        is_closed_loop = orders is not None and orders.arrivals_per_s is None
        think_time_s = orders.settings.think_time_s if orders and is_closed_loop else 0.0
        free_s = self._free_s = self._free_s + think_time_s
        return max(free_s - time.monotonic(), 0.0)

    @task
    def call_target(self) -> None:
        """What a user does unless the scenario says otherwise."""
        self._send(NOT_GIVEN, stream=None, due_s=self._free_s)

    def invoke(self, input: Any = NOT_GIVEN) -> Reply:
        """Call the target and wait for its whole answer.  Without an input it gets the run's."""
        return self._send(input, stream=False, due_s=time.monotonic())

    def stream(self, input: Any = NOT_GIVEN) -> Reply:
        """Call the target and measure when the parts of its answer arrive."""
        return self._send(input, stream=True, due_s=time.monotonic())

    def on_stop(self) -> None:
        self._connection.close()

    def _send(self, value: Any, *, stream: bool | None, due_s: float) -> Reply:
        worker = self.plugin.worker
        turn = worker.wait_for_turn(due_s)
        flight = self._prepare(turn.orders, value, stream, Identity(
            trace_id=new_trace_id(),
            step=turn.step,
            user=self._my_number(),
            sequence=self._next_sequence(),
            due_s=turn.due_s,
        ))  # fmt: skip
        try:
            sample = worker.fly(flight)
            if not flight.answer.has_begun and sample.outcome == "error":
                gevent.sleep(REFUSED_PAUSE_S)
        finally:
            self._free_s = time.monotonic()
            self._tell_locust(flight)
        return Reply(sample=sample, body=bytes(flight.answer.body))

    def _prepare(self, orders: Orders, value: Any, stream: bool | None, identity: Identity) -> Flight:
        service = orders.service
        self.client.base_url = service.base_url  # the target's port changes when it is restarted
        fill = Fill.of(user=identity.user, sequence=identity.sequence, trace_id=identity.trace_id)
        return Flight(
            identity=identity,
            service=service,
            request=make_request(orders.settings, service, fill, value=value, stream=stream),
            connection=self._connection,
            timeout_s=_timeout_s(orders.settings, is_controlled=service.is_controlled),
        )

    def _my_number(self) -> int:
        if self._number is None:
            self._number = self.plugin.worker.number_user()
        return self._number

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    def _tell_locust(self, flight: Flight) -> None:
        """Locust's own record of it: its web page, CSV and HTML are made from these."""
        sample = flight.sample
        if sample is None:
            return
        duration_s = (sample.end_s or time.monotonic()) - sample.start_s
        self.environment.events.request.fire(
            request_type=flight.request.method,
            name=flight.request.name,
            response_time=duration_s * 1000,
            response_length=len(flight.answer.body),
            exception=None if sample.outcome == "ok" else RequestFailedError(sample.error or CUT_OFF),
            context={},
            start_time=time.time() - duration_s,
            url=flight.service.base_url + flight.request.path,
            response=None,
        )


def _timeout_s(settings: RunSettings, *, is_controlled: bool) -> float:
    return settings.timeout_s + (TIMEOUT_MARGIN_S if is_controlled else 0.0)
