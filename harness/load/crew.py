"""All workers of a run, as the leader sees them.  Runs under gevent, in the process that leads.

``LocalCrew`` is one worker in the same process; ``RemoteCrew`` is any number of them over Locust's own messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from locust.runners import MasterRunner

from harness.load.orders import Orders, Report
from harness.load.worker import Worker

ORDERS_MESSAGE = "chainload_orders"
REPORT_MESSAGE = "chainload_report"
HELLO_MESSAGE = "chainload_hello"
PACKED = "packed"  # key under which a record travels; Locust sends dictionaries
MISSING = "missing"  # Locust's word for a worker whose heartbeat has stopped


class Crew(Protocol):
    """Gives orders and knows how far they are obeyed."""

    def order(self, orders: Orders) -> None: ...

    @property
    def size(self) -> int: ...

    @property
    def in_flight(self) -> int: ...

    @property
    def has_obeyed(self) -> bool:
        """Whether every worker follows the last orders, and all it measured before them has arrived."""

    def find_changes(self) -> list[str]:
        """Workers lost or joined since the last call, in words."""


class LocalCrew:
    """The one worker of a process that leads itself."""

    size = 1
    has_obeyed = True

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def order(self, orders: Orders) -> None:
        self._worker.obey(orders)

    @property
    def in_flight(self) -> int:
        return self._worker.in_flight

    def find_changes(self) -> list[str]:
        return []


@dataclass(slots=True, kw_only=True)
class Member:
    """What is known of one remote worker."""

    lane: int
    serial: int = -1
    in_flight: int = 0


class RemoteCrew:
    """Workers connected to a Locust master.  One object for the life of the process, whatever the number of runs."""

    def __init__(self, runner: MasterRunner, *, on_report: Callable[[Report], None]) -> None:
        self._runner = runner
        self._on_report = on_report
        self._orders: Orders | None = None
        self._members: dict[str, Member] = {}  # by Locust's id of the node
        self._lane_count = 0
        self._changes: list[str] = []
        runner.register_message(REPORT_MESSAGE, self._hear_report)
        runner.register_message(HELLO_MESSAGE, self._hear_hello)

    @property
    def size(self) -> int:
        return len(self._members)

    @property
    def has_lost_all(self) -> bool:
        """Whether a run had workers and none is left."""
        return self._orders is not None and not self._present()

    @property
    def in_flight(self) -> int:
        return sum(member.in_flight for member in self._present_members())

    @property
    def has_obeyed(self) -> bool:
        serial = self._orders.serial if self._orders else -1
        return all(member.serial >= serial for member in self._present_members())

    def order(self, orders: Orders) -> None:
        if self._orders is None or self._orders.run != orders.run:
            self._begin()
        self._orders = orders
        for node in list(self._members):
            self._send(node)

    def find_changes(self) -> list[str]:
        self._drop_lost()
        changes, self._changes = self._changes, []
        return changes

    def _begin(self) -> None:
        nodes = sorted(
            self._present()
        )  # the order in which Locust hands out users, so that numbers have no holes
        self._members = {node: Member(lane=lane) for lane, node in enumerate(nodes)}
        self._lane_count = max(len(nodes), 1)
        self._changes = []

    def _present(self) -> list[str]:
        return [node.id for node in self._runner.clients.values() if node.state != MISSING]

    def _present_members(self) -> list[Member]:
        return [self._members[node] for node in self._present() if node in self._members]

    def _drop_lost(self) -> None:
        present = set(self._present())
        for node in [node for node in self._members if node not in present]:
            member = self._members.pop(node)
            self._changes.append(
                f"load worker {member.lane} is gone; its users continue on the {self.size} others, what it had in "
                "flight is not recorded"
            )
            if (
                node in self._runner.clients and self._members
            ):  # Locust replaces only those that said good-bye
                self._runner.start(self._runner.target_user_count, self._runner.spawn_rate)

    def _send(self, node: str) -> None:
        assert self._orders is not None
        orders = msgspec.structs.replace(
            self._orders, lane=self._members[node].lane, lane_count=self._lane_count
        )
        self._runner.send_message(ORDERS_MESSAGE, {PACKED: msgspec.msgpack.encode(orders)}, client_id=node)

    def _hear_hello(self, environment: Any, msg: Any) -> None:
        """A worker has just come up; when a run is under way it is late."""
        if self._orders is None:
            self._runner.send_message(HELLO_MESSAGE, None, client_id=msg.node_id)
            return
        if msg.node_id not in self._members:
            used = [member.lane for member in self._members.values()]
            self._members[msg.node_id] = Member(lane=max([self._lane_count - 1, *used]) + 1)
            self._changes.append(
                f"a load worker joined during step {self._orders.step + 1}; users move to it and their requests are "
                "cut short, so this step says less"
            )
        self._send(msg.node_id)

    def _hear_report(self, environment: Any, msg: Any) -> None:
        report = msgspec.msgpack.decode(msg.data[PACKED], type=Report)
        member = self._members.get(msg.node_id)
        if self._orders is None or report.run != self._orders.run:
            return
        if member is not None:
            member.serial, member.in_flight = report.serial, report.in_flight
        self._on_report(report)
