"""The provider as a server: connections in, attempts out.  In the provider's process; loopback only."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from email.utils import formatdate
from pathlib import Path

from mock_provider.answer import Answer
from mock_provider.conditions import is_in_window, next_change_s
from mock_provider.connection import Connection
from mock_provider.control import Control
from mock_provider.engine import Engine
from mock_provider.exchange import Exchange
from mock_provider.faults import Fault
from mock_provider.incoming import Head, Incoming
from mock_provider.latest import Latest
from mock_provider.ledger import KEPT, Ledger
from mock_provider.listener import Listener
from mock_provider.plan_schema import Plan
from mock_provider.statistics import Snapshot, Statistics
from mock_provider.wheel import Wheel
from mock_provider.wire import make_head

_log = logging.getLogger(__name__)

MOST_REPEATS = 256
BATCH = 16  # attempts written down together
MOST_LOGGED = 10  # defects of our own; under load one would fill the disk
FLUSH_S = 0.2
SWEEP_S = 5.0
SLOWEST_REQUEST_S = 60.0  # from one byte of a request to the next
LONGEST_IDLE_S = 300.0  # between requests; clients' own limits are shorter
NO_CONTROL = ("/v1", "/openai")


class Server:
    """Serves a plan.  ``start`` it inside a running loop, ``close`` it there."""

    def __init__(self, plan: Plan, *, port: int = 0, ledger: Path | None = None, kept: int = KEPT) -> None:
        self.engine = Engine(plan, start_s=time.monotonic())
        self.ledger = Ledger(ledger, kept=kept)
        self.statistics = Statistics()
        # Head and body of requests that came whole, by all their bytes.
        self.repeats = Latest[bytes, tuple[Head, bytes]](MOST_REPEATS)
        self._listener = Listener(port, self._make_connection)
        self._control = Control(self)
        self._connections: set[Connection] = set()
        self._ended: list[Exchange] = []
        self._next_ordinal = 0
        self._next_connection = 0
        self._defects = 0
        self.request_prefix = f"req_{secrets.token_hex(8)}"
        self._unix_time = 0
        self._next_second_s = 0.0
        self.date = ""  # for the date header
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def url(self) -> str:
        """The base URL for OpenAI's clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    # ---- life

    async def start(self) -> None:
        """Listen.  The plan's windows count from here."""
        self.loop = asyncio.get_running_loop()
        self.wheel = Wheel(self.loop)
        self.engine.restart(time.monotonic())
        await self._listener.open()
        self._flush_often()
        self._sweep_often()
        self._follow_plan()

    async def close(self) -> None:
        """Write down what is open, close everything."""
        for timer in self._timers.values():
            timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._listener.close()
        # Those that wait for a slot first: they must not be started by the end of those that have one.
        for exchange in sorted(self._open_exchanges(), key=lambda exchange: not exchange.waits):
            exchange.connection.exchange = None
            exchange.stop()
        for connection in list(self._connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # lets the transports close
        self.wheel.close()
        self.write_down()
        self.ledger.close()

    def change_plan(self, plan: Plan) -> None:
        """Another plan from now on; requests being answered keep the old one."""
        self.engine.change(plan)
        self._follow_plan()

    def reset(self) -> None:
        """Buckets, counts, ordinals, windows and the ledger in memory begin anew."""
        self.write_down()
        self.engine.restart(time.monotonic())
        self.statistics.reset()
        self.ledger.recent.clear()
        self._next_ordinal = 0
        self._follow_plan()

    # ---- for connections and exchanges

    def receive(self, connection: Connection, incoming: Incoming) -> None:
        """A whole request."""
        if not incoming.head.target.startswith((b"/v1/", b"/openai/")) and self._control.concerns(incoming):
            connection.write(
                self.write_simple(self._control.answer(incoming), keeps_alive=incoming.head.keeps_alive)
            )
            connection.exchange_ended(time.monotonic(), keeps_alive=incoming.head.keeps_alive)
            return
        ordinal = self._next_ordinal
        self._next_ordinal += 1
        self.statistics.in_flight += 1
        exchange = Exchange(
            server=self,
            connection=connection,
            connection_ordinal=connection.ordinal,
            incoming=incoming,
            ordinal=ordinal,
            in_flight=self.statistics.in_flight,
        )
        connection.exchange = exchange
        try:
            exchange.begin()
        except Exception:  # the edge: a defect of ours must not take the other requests with it
            self.exchange_failed(exchange)

    def exchange_failed(self, exchange: Exchange) -> None:
        """Called while an exception is being handled: say so, and end the request somehow."""
        self._defects += 1
        if self._defects <= MOST_LOGGED:
            _log.exception("request %d failed", exchange.ordinal)
        exchange.fail()

    def exchange_ended(self, exchange: Exchange) -> None:
        self.statistics.in_flight -= 1
        self._ended.append(exchange)
        if len(self._ended) >= BATCH:
            self.write_down()

    def write_down(self) -> None:
        """Count and write what has ended.  Many at once take half the time they take one by one."""
        ended, self._ended = self._ended, []
        attempts = [exchange.make_attempt() for exchange in ended]
        self.statistics.add(attempts)
        self.ledger.write(attempts)

    def connection_opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        self.statistics.connections_opened += 1
        self.statistics.connections_open += 1

    def connection_closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.statistics.connections_open -= 1

    def unix_time(self, now_s: float) -> int:
        """Unix time in seconds; the date header follows it."""
        if now_s >= self._next_second_s:
            unix_s = time.time()
            self._unix_time = int(unix_s)
            self._next_second_s = now_s + 1 - unix_s % 1
            self.date = formatdate(self._unix_time, usegmt=True)
        return self._unix_time

    def write_simple(self, answer: Answer, *, keeps_alive: bool) -> bytes:
        """An answer outside the plan, whole."""
        self.unix_time(time.monotonic())
        head = make_head(
            answer,
            date=self.date,
            request_id=f"{self.request_prefix}{self._next_ordinal:016x}",
            processing_ms=0,
            keeps_alive=keeps_alive,
            is_chunked=False,
        )
        return head + b"".join(answer.pieces)

    # ---- for the control API

    def snapshot(self) -> Snapshot:
        """All counters."""
        self.write_down()
        return self.statistics.snapshot(
            uptime_s=time.monotonic() - self.engine.start_s,
            queued=self.engine.slots.queued,
            ledger_lost=self.ledger.lost_count,
        )

    # ---- own affairs

    def _open_exchanges(self) -> list[Exchange]:
        return [connection.exchange for connection in self._connections if connection.exchange is not None]

    def _make_connection(self) -> Connection:
        ordinal = self._next_connection
        self._next_connection += 1
        return Connection(self, ordinal)

    def _flush_often(self) -> None:
        self.write_down()
        self.ledger.flush()
        self._timers["flush"] = self.loop.call_later(FLUSH_S, self._flush_often)

    def _sweep_often(self) -> None:
        """Close what will not become a request any more."""
        now_s = time.monotonic()
        for connection in list(self._connections):
            silent_s = now_s - connection.active_s
            if connection.is_mid_request and silent_s > SLOWEST_REQUEST_S:
                connection.refuse(
                    408, f"Nothing came for {SLOWEST_REQUEST_S:g} s in the middle of a request."
                )
            elif connection.exchange is None and silent_s > LONGEST_IDLE_S:
                connection.close()
        self._timers["sweep"] = self.loop.call_later(SWEEP_S, self._sweep_often)

    def _follow_plan(self) -> None:
        """Refuse, stall or accept as the plan says for this moment; look again when that may change."""
        if "listen" in self._timers:
            self._timers.pop("listen").cancel()
        rules: list[Fault] = [fault for fault in self.engine.plan.faults if fault.needs == "nothing"]
        since_s = time.monotonic() - self.engine.start_s
        kind = next((fault.kind for fault in rules if is_in_window(fault.when, since_s)), None)
        if kind == "refused_connection":
            self._listener.refuse()
        elif kind == "stalled_accept":
            self._listener.stall()
        else:
            self._task = self.loop.create_task(self._listener.open())
        changes = [change for fault in rules if (change := next_change_s(fault.when, since_s)) is not None]
        if changes:
            self._timers["listen"] = self.loop.call_later(min(changes) - since_s, self._follow_plan)
