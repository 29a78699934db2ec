"""The provider as a process of its own: ready file, lifeline, signals.  Nothing outlives the parent.

The words for the parent are those of harness.children, which this package may not import.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from mock_provider.listener import HOST
from mock_provider.plan_schema import Plan
from mock_provider.server import Server

LIFELINE_VARIABLE = "CHAINLOAD_LIFELINE_FD"
READY_VARIABLE = "CHAINLOAD_READY_FILE"
BAD_INPUT, FAILED_TO_RUN = 2, 4


def say_ready(**words: Any) -> None:
    """Tell the parent, if there is one, that we serve (port) or why we cannot (failure, exit_code)."""
    name = os.environ.get(READY_VARIABLE)
    if not name:
        return
    path = Path(name)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(words))
    Path(temporary).replace(path)


def serve(
    plan: Plan, *, port: int, ledger: Path | None, announce: Callable[[Server], None] = lambda _: None
) -> None:
    """Serve until the parent goes, or a signal comes.  Raises OSError when port or ledger cannot be had.

    announce: called once, when requests are answered.
    """
    raise_file_limit()
    with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
        runner.run(_serve(plan, port=port, ledger=ledger, announce=announce))


async def _serve(plan: Plan, *, port: int, ledger: Path | None, announce: Callable[[Server], None]) -> None:
    server = Server(plan, port=port, ledger=ledger)
    await server.start()
    ended = asyncio.Event()
    # What exists now lives as long as the process; looking through it again and again would make pauses.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    with _ending_on(ended.set):
        say_ready(port=server.port)
        announce(server)
        try:
            await ended.wait()
        finally:
            await server.close()


@contextlib.contextmanager
def _ending_on(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    lifeline = os.environ.pop(LIFELINE_VARIABLE, None)
    if lifeline is not None:
        _watch_lifeline(int(lifeline), stop)
    yield


def _watch_lifeline(descriptor: int, stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    os.set_inheritable(descriptor, False)
    os.set_blocking(descriptor, False)

    def read() -> None:
        try:
            gone = not os.read(descriptor, 64)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            loop.remove_reader(descriptor)
            stop()

    loop.add_reader(descriptor, read)


def find_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def raise_file_limit() -> None:
    """As many open connections as the system allows us without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # not allowed here: then fewer connections
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def describe_bind_error(error: OSError, port: int) -> str:
    """Words for a port that cannot be had."""
    return (
        f"port {port} on {HOST} cannot be used ({os.strerror(error.errno or 0)}); "
        "give another with --port, or 0 for any free one"
    )
