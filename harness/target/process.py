"""The life of the target process: prepare, load the user's code, serve, leave.

Every end is announced: ``Ready`` with a port, or with words for the user and an exit code.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
import threading
import traceback
from pathlib import Path

from harness.children import Ready, say_ready, watch_lifeline
from harness.errors import BadInputError, ChainloadError, ExitCode, TargetError
from harness.run_directory import JsonlWriter, RunDirectory
from harness.settings import RunSettings
from harness.target.addresses import provider_port
from harness.target.egress import EgressGuard
from harness.target.frames import FrameReader
from harness.target.host import Host, run_loop
from harness.target.invocation import InvocationBook
from harness.target.kinds import call_if_factory
from harness.target.limits import file_limit_problem, raise_file_limit
from harness.target.loaded_code import with_loaded_code
from harness.target.loader import load_object
from harness.target.notes import Notes
from harness.target.probes import all_probes
from harness.target.probes.probe_set import ProbeSet
from harness.target.propagation import Propagation
from harness.target.runnable_app import InvocationPool
from harness.target.stacks import StackTaker

LEAVE_S = 1.5  # after which a target that was told to leave is ended


def main(arguments: list[str]) -> int:
    """The process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.target", description=__doc__)
    parser.add_argument("run_directory", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        serve(options.run_directory.absolute(), options.port)
    except ChainloadError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # the edge: a defect of ours is said, not lost
        traceback.print_exc()
        return _fail(f"the target process failed: {type(error).__name__}: {error}", ExitCode.FAILED_TO_RUN)
    return ExitCode.OK


def serve(run_directory: Path, port: int) -> None:
    """Load and serve the run's target until the parent goes or a signal comes.  Raises ChainloadError."""
    directory = RunDirectory.open(run_directory)
    settings = directory.read_info().settings
    enter(Path(settings.working_directory))
    book = InvocationBook(JsonlWriter(directory.file("invocations.jsonl")), mode=settings.mode)
    stacks = StackTaker(FrameReader())
    notes = Notes(JsonlWriter(directory.file("target_events.jsonl")), stacks)
    probes = make_probes(directory, stacks.frames)
    host = Host(
        settings,
        book=book,
        stacks=stacks,
        notes=notes,
        probes=probes,
        announce=lambda ready: say_ready(with_loaded_code(ready, stacks.frames)),
    )
    watch_lifeline(lambda: leave(host, book, probes))
    problem = file_limit_problem(settings, raise_file_limit())
    if problem:
        notes.notice(problem)
    prepare_interpreter(settings, notes, probes)
    found = load_object(settings.target)
    stacks.frames.add_user_root(found.root)
    value = call_if_factory(found.value, found.name)
    probes.context.roots.append(value)
    listener = listen(port)
    try:
        loop = make_loop(settings)
        asyncio.set_event_loop(loop)
        run_loop(loop, loop.create_task(host.serve(value, found.name, listener)))
    finally:
        host.record_rest()
        book.flush()
        probes.close()


def make_probes(directory: RunDirectory, frames: FrameReader) -> ProbeSet:
    """Every probe, not installed yet."""
    port = provider_port(os.environ)
    providers = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")] if port else []
    probes = all_probes(frames, hidden_pool=InvocationPool)
    writer = JsonlWriter(directory.file("probes.jsonl"))
    return ProbeSet(writer, probes, frames=frames, providers=providers)


def prepare_interpreter(settings: RunSettings, notes: Notes, probes: ProbeSet) -> None:
    """Everything that must be in place before the user's code is imported."""
    probes.install()
    Propagation(provider_port=provider_port(os.environ)).install()
    EgressGuard(settings.allow_hosts, on_refused=notes.egress_refused).install()


def enter(working_directory: Path) -> None:
    """Make it current and importable, first of all, as uvicorn does.  Raises BadInputError."""
    try:
        os.chdir(working_directory)
    except OSError as error:
        raise BadInputError(
            f"the working directory {working_directory} cannot be entered ({error.strerror})"
        ) from error
    sys.path.insert(0, str(Path.cwd()))


def listen(port: int) -> socket.socket:
    """A socket on loopback.  Raises TargetError when the port is taken."""
    # Named as TCP: asyncio turns Nagle's delay off only then, and each answer on a kept connection would cost 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise TargetError(f"port {port} cannot be used ({error.strerror}); 0 takes a free one") from error
    return listener


def make_loop(settings: RunSettings) -> asyncio.AbstractEventLoop:
    """The loop that the settings ask for."""
    if settings.loop == "uvloop":
        try:
            import uvloop
        except ImportError as error:
            raise BadInputError(
                "uvloop is not installed; pip install uvloop, or use --loop asyncio"
            ) from error
        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    return asyncio.new_event_loop()


def leave(host: Host, book: InvocationBook, probes: ProbeSet) -> None:
    """The parent is gone or wants us to go: politely, and for certain."""
    host.leave()
    threading.Event().wait(LEAVE_S)
    host.record_rest()
    book.flush()
    probes.flush()
    os._exit(ExitCode.OK)


def _fail(words: str, code: ExitCode) -> int:
    sys.stderr.write(words + "\n")
    say_ready(Ready(failure=words, exit_code=code))
    return code
