"""The provider beside a program, on a thread of its own: for tests and notebooks.  Loopback only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mock_provider.plan import load_plan, override_plan
from mock_provider.plan_schema import Plan
from mock_provider.process import find_loop_factory
from mock_provider.records import Attempt
from mock_provider.server import Server
from mock_provider.statistics import Snapshot

KEPT = 10_000  # attempts that can be asked for
T = TypeVar("T")


class RunningProvider:
    """Serves from `start` to `stop`, or inside `with`.  All methods are safe from any thread."""

    def __init__(self, plan: Plan | None = None, *, port: int = 0, ledger: Path | None = None) -> None:
        self._plan = plan or load_plan()
        self._port = port
        self._ledger = ledger
        self._thread: threading.Thread | None = None

    def start(self) -> RunningProvider:
        """Return when it answers.  Raises OSError when port or ledger cannot be had."""
        self._server = Server(self._plan, port=self._port, ledger=self._ledger, kept=KEPT)
        self._loop = (find_loop_factory() or asyncio.new_event_loop)()
        self._loop.run_until_complete(self._server.start())
        self._thread = threading.Thread(target=self._loop.run_forever, name="mock-provider", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close all connections; the ledger stays readable."""
        if self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None
        self._loop.close()

    def __enter__(self) -> RunningProvider:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """The base URL for OpenAI's clients."""
        return self._server.url

    @property
    def attempts(self) -> list[Attempt]:
        """The ledger: every request that has ended, oldest first (the last 10,000)."""
        return self._ask(self._read_attempts)

    @property
    def statistics(self) -> Snapshot:
        """All counters at this moment."""
        return self._ask(self._server.snapshot)

    def change(self, *overrides: str) -> None:
        """Put "dotted.key=value" over the plan, live.  Raises PlanError."""
        self._ask(lambda: self._server.change_plan(override_plan(self._server.engine.plan, overrides)))

    def use(self, plan: Plan) -> None:
        """Another plan, live."""
        self._ask(lambda: self._server.change_plan(plan))

    def reset(self) -> None:
        """Buckets, counts, ordinals, windows and ledger begin anew."""
        self._ask(self._server.reset)

    def _read_attempts(self) -> list[Attempt]:
        self._server.write_down()
        return list(self._server.ledger.recent)

    def _ask(self, question: Callable[[], T]) -> T:
        if self._thread is None:
            return question()

        async def ask() -> T:
            return question()

        return asyncio.run_coroutine_threadsafe(ask(), self._loop).result()


def run_provider(*overrides: str, plan: Path | str | None = None, **options: Any) -> RunningProvider:
    """A provider from a TOML file and overrides; use it with `with`.  Raises PlanError."""
    settings: Sequence[str] = overrides
    return RunningProvider(load_plan(plan, settings), **options)
