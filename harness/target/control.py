"""The control endpoints below /-/chainload: what is in flight, and cancelling it.  Never counted as invocations."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import parse_qs

import msgspec

from harness.target.http import Exchange, Receive, Scope, Send, read_body
from harness.target.invocation import InvocationBook
from harness.target.lifecycle import Lifecycle
from harness.target.probes.probe_set import ProbeSet

PREFIX = "/-/chainload/"
CANCEL_WAIT_S = 2.0
POLL_S = 0.01


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to /-/chainload/status."""

    in_flight: int  # not answered yet
    oldest_s: float | None  # age of the oldest of them
    lingering: int  # answered because cut short, yet a task or thread still works for them
    requests: int  # invocations ever begun
    cpu_s: float  # of this process, since it began


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to /-/chainload/cancel."""

    cancelled: int
    left: int  # still running after the wait


class ProbesState(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to /-/chainload/probes."""

    on: bool
    cpu_s: float  # of this process, since it began; what the probes had to write is written


class ControlApp:
    """The endpoints for the load process."""

    def __init__(self, book: InvocationBook, lifecycle: Lifecycle, probes: ProbeSet) -> None:
        self._book = book
        self._lifecycle = lifecycle
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request."""
        exchange = Exchange(send)
        await read_body(receive)
        match scope["path"].removeprefix(PREFIX), scope["method"]:
            case "status", "GET":
                await exchange.answer(200, msgspec.json.encode(self.status()))
            case "cancel", "POST":
                wait_s = _wait_of(scope)
                await exchange.answer(200, msgspec.json.encode(await self.cancel(wait_s)))
            case "probes", "POST":
                query = parse_qs(scope["query_string"].decode("latin-1"))
                state = self.switch_probes(on=query.get("on") != ["0"], is_trial=query.get("trial") == ["1"])
                await exchange.answer(200, msgspec.json.encode(state))
            case _:
                there_is = (
                    f"GET {PREFIX}status, POST {PREFIX}cancel?wait_s=2 and POST {PREFIX}probes?on=0&trial=1"
                )
                await exchange.fail(404, f"there is {there_is}")

    def status(self) -> Status:
        """What is in flight now."""
        oldest_start_s = self._book.oldest_start_s()
        return Status(
            in_flight=len(self._book.in_flight()),
            oldest_s=None if oldest_start_s is None else time.monotonic() - oldest_start_s,
            lingering=len(self._book.lingering()),
            requests=self._book.requests,
            cpu_s=time.process_time(),
        )

    def switch_probes(self, *, on: bool, is_trial: bool) -> ProbesState:
        """Take the probes out or put them back in.  is_trial: to see what they cost, so nothing is recorded."""
        if is_trial:
            self._probes.begin_trial()
        self._probes.switch(on)
        self._probes.write_pending()
        if not is_trial:
            self._probes.end_trial()
        return ProbesState(on=self._probes.is_on, cpu_s=time.process_time())

    async def cancel(self, wait_s: float) -> Cancelled:
        """Cut short what is in flight; wait up to ``wait_s`` until nothing of it runs any more."""
        open_now = self._book.in_flight()
        for invocation in open_now:
            self._lifecycle.cut(invocation, "cancelled", "cancelled at the end of the step")
        until_s = time.monotonic() + wait_s
        await asyncio.sleep(0)
        while self._book.lingering() and time.monotonic() < until_s:  # noqa: ASYNC110 - threads tell no event
            await asyncio.sleep(POLL_S)
        self._book.flush()
        return Cancelled(cancelled=len(open_now), left=len(self._book.lingering()))


def _wait_of(scope: Scope) -> float:
    values = parse_qs(scope["query_string"].decode("latin-1")).get("wait_s", [])
    try:
        return min(max(float(values[0]), 0.0), 60.0)
    except (IndexError, ValueError):
        return CANCEL_WAIT_S
