"""How a worker process takes its orders from the leader and ships what it measured, over Locust's own messages."""

from __future__ import annotations

import os
from typing import Any

import gevent
import msgspec
from gevent.lock import RLock
from locust.runners import WorkerRunner

from harness.load.crew import HELLO_MESSAGE, ORDERS_MESSAGE, PACKED, REPORT_MESSAGE
from harness.load.machine import machine_id
from harness.load.orders import Orders, Report
from harness.load.worker import Worker
from harness.records import GeneratorHealth, Sample

REPORT_EVERY_S = 0.25
BATCH_SIZE = 1000  # samples in one message, about 300 KB
HELLO_EVERY_S = 1.0


class WorkerLink:
    """Speaks for the worker of this process."""

    def __init__(self, runner: WorkerRunner) -> None:
        self.worker = Worker(on_sample=self._keep_sample, on_health=self._keep_health)
        self._runner = runner
        self._samples: list[Sample] = []
        self._health: list[GeneratorHealth] = []
        self._greeted = False
        self._sending = RLock()  # sending may switch greenlets; messages must leave in order
        runner.register_message(ORDERS_MESSAGE, self._hear_orders)
        runner.register_message(HELLO_MESSAGE, self._hear_hello)
        gevent.spawn(self._greet)
        gevent.spawn(self._report_regularly)

    def flush(self) -> None:
        """Ship all there is, in messages of bounded size."""
        with self._sending:
            self._flush()

    def leave(self) -> None:
        """Give up what is in flight and ship it: this process is ending."""
        self.worker.abandon_all()
        gevent.sleep(0)  # let the users record it
        self.flush()

    def _flush(self) -> None:
        orders = self.worker.orders
        if orders is None:
            return
        while True:
            batch, self._samples = self._samples[:BATCH_SIZE], self._samples[BATCH_SIZE:]
            health, self._health = self._health, []
            # The last message alone says which orders are obeyed: by then everything before them has been sent.
            serial = orders.serial if not self._samples else orders.serial - 1
            self._send(Report(
                run=orders.run,
                serial=serial,
                lane=orders.lane,
                in_flight=self.worker.in_flight,
                samples=batch,
                health=health,
                problem=_find_problem(orders),
            ))  # fmt: skip
            if not self._samples:
                return

    def _send(self, report: Report) -> None:
        self._runner.send_message(REPORT_MESSAGE, {PACKED: msgspec.msgpack.encode(report)})

    def _keep_sample(self, sample: Sample) -> None:
        self._samples.append(sample)
        if len(self._samples) >= BATCH_SIZE:
            self.flush()

    def _keep_health(self, health: GeneratorHealth) -> None:
        self._health.append(health)

    def _hear_orders(self, environment: Any, msg: Any) -> None:
        self._greeted = True
        self.flush()  # what was measured under the orders before
        orders = msgspec.msgpack.decode(msg.data[PACKED], type=Orders)
        if _find_problem(orders) is None:
            self.worker.obey(orders)
        else:
            self.worker.orders = orders
        self.flush()

    def _hear_hello(self, environment: Any, msg: Any) -> None:
        self._greeted = True

    def _greet(self) -> None:
        """Until the leader answers: it may not listen yet when we come up."""
        while not self._greeted:
            self._runner.send_message(HELLO_MESSAGE)
            gevent.sleep(HELLO_EVERY_S)

    def _report_regularly(self) -> None:
        while True:
            gevent.sleep(REPORT_EVERY_S)
            self.flush()


def _find_problem(orders: Orders) -> str | None:
    if orders.machine == machine_id():
        return None
    return (
        f"a load worker runs on another machine ({os.uname().nodename}); the target listens on loopback only: "
        "start all workers where the master runs"
    )
