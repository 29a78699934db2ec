"""Work in threads: which invocation it belongs to, how long it waited for a thread, and whose code it is.

Used by every probe of a thread pool, by whoever looks at stacks, and by the host to see what an invocation left behind.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import Context
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.probe_records import Gauge
from harness.target.invocation import CURRENT, STEPS, OpenInvocation
from harness.target.probes.origins import find_origin
from harness.target.probes.recorder import CURRENT_TRACE, OpenSpan, OpenTrace
from harness.target.probes.resources import PoolCount, Resource, ResourceBook
from harness.target.probes.sites import UNKNOWN

if TYPE_CHECKING:
    from harness.target.probes.sites import SiteBook

MAX_LAYERS = 8
MAX_ARGUMENTS = 4  # of a library's function, among which the user's may be
INNER_NAMES = ("func", "fn", "function", "f", "call", "_call", "handler", "target")
Way: TypeAlias = tuple[
    int | None, str
]  # a cell of the closure, else the bound object; and an attribute of it
_now = time.monotonic


class Job:
    """A piece of work in a pool, until it ends."""

    __slots__ = (
        "detail",
        "ended_s",
        "future",
        "invocation",
        "lock_span",
        "read_cpu_s",
        "read_s",
        "resource",
        "sampled",
        "sampled_before",
        "site",
        "span",
        "started_s",
        "submitted_by",
        "submitted_s",
        "thread_id",
        "trace",
    )

    def __init__(
        self, resource: Resource, trace: OpenTrace | None, invocation: OpenInvocation | None = None
    ) -> None:
        self.resource = resource
        self.trace = trace
        self.invocation = invocation
        self.submitted_by = threading.get_ident()
        self.submitted_s = _now()
        self.started_s: float | None = None
        self.ended_s: float | None = None
        self.thread_id: int | None = None
        self.future: Future[Any] | None = None
        self.site = UNKNOWN
        self.detail = ""  # the function's name, when it is a library's
        self.span: OpenSpan | None = None  # its wait, then its run
        self.sampled: dict[int, int] = {}  # how often it was seen at which site
        self.sampled_before = False
        self.lock_span: OpenSpan | None = None  # a wait seen by sampling
        self.read_s = 0.0
        self.read_cpu_s = 0.0

    @property
    def is_running(self) -> bool:
        return self.started_s is not None and self.ended_s is None

    @property
    def is_alive(self) -> bool:
        """Running, or queued and not cancelled."""
        dropped = self.future is not None and self.future.cancelled()
        return self.ended_s is None and not dropped

    @property
    def sampled_site(self) -> int | None:
        """Where it was seen most often; None when it was too short to be seen."""
        return max(self.sampled, key=self.sampled.__getitem__) if self.sampled else None


class JobBook:
    """The jobs that threads are running now."""

    def __init__(self) -> None:
        self.resources = ResourceBook()
        self.running: dict[int, Job] = {}  # by thread
        self.sites: SiteBook | None = None  # None: nobody asks whose code it is
        self._owners: Owners | None = None
        self._seen_at: dict[tuple[int, str], int] = {}  # where a function was last seen

    def gauges(self, at_s: float, counts: Iterable[PoolCount]) -> Iterator[Gauge]:
        """How full pools are."""
        running = Counter(job.resource.name for job in list(self.running.values()))
        return self.resources.gauges(at_s, counts, running)

    def queue(self, job: Job, function: Any, args: tuple[Any, ...] = ()) -> None:
        """It waits for a thread from now on."""
        trace = job.trace
        if trace is None or job.resource.is_hidden:
            return
        if self.sites is not None:
            if self._owners is None:
                self._owners = Owners(self.sites)
            job.site, job.detail = self._owners.find(function, args)
            if job.site == UNKNOWN:  # a library's work: then whose line asked for it
                job.site = find_origin(self.sites, sys._getframe(2))
        job.span = trace.begin("executor_wait", job.site, job.resource.name, detail=job.detail)

    def run(
        self, job: Job, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Do it, on the pool's thread."""
        thread_id = job.thread_id = threading.get_ident()
        outer = self.running.get(thread_id)
        tokens = self._enter(job)
        cpu_s = time.thread_time()
        job.started_s = _now()
        self.running[thread_id] = job
        try:
            return function(*args, **kwargs)
        finally:
            job.ended_s = _now()
            self._leave(job, time.thread_time() - cpu_s)
            if outer is None:
                self.running.pop(thread_id, None)
            else:
                self.running[thread_id] = outer
            for variable, token in tokens:
                variable.reset(token)

    def _enter(self, job: Job) -> list[tuple[Any, Any]]:
        """Make the invocation known here: pools carry no context over by themselves."""
        tokens: list[tuple[Any, Any]] = []
        if job.trace is not None and CURRENT_TRACE.get() is not job.trace:
            tokens.append((CURRENT_TRACE, CURRENT_TRACE.set(job.trace)))
        if job.invocation is not None and CURRENT.get() is not job.invocation:
            tokens.append((CURRENT, CURRENT.set(job.invocation)))
            tokens.append((STEPS, STEPS.set(job.invocation.steps)))
        if job.span is not None and job.trace is not None:
            site = job.span.site = self._seen_at.get((job.site, job.detail), job.site)
            job.span.close()
            job.span = job.trace.begin("thread_run", site, job.resource.name, detail=job.detail)
        return tokens

    def _leave(self, job: Job, cpu_s: float) -> None:
        resource = job.resource
        resource.served += 1
        resource.held_s += (job.ended_s or 0.0) - (job.started_s or 0.0)
        if job.lock_span is not None:
            job.lock_span.close()
        if job.span is not None:
            job.span.site = self._holder_of(job)
            job.span.close(cpu_s=cpu_s)
        if job.invocation is not None:
            job.invocation.jobs.discard(job)

    def _holder_of(self, job: Job) -> int:
        """Whose code has the thread: the line it was seen at, or others of the same function were, else its ``def``."""
        key, seen_at = (job.site, job.detail), job.sampled_site
        if seen_at is None:
            return self._seen_at.get(key, job.site)
        self._seen_at[key] = seen_at
        return seen_at


class Owners:
    """Finds the user's function behind what was submitted to a pool."""

    def __init__(self, sites: SiteBook) -> None:
        self._sites = sites
        self._ways: dict[int, tuple[Way, CodeType]] = {}  # by code: how to look further inside
        self._ends: dict[int, tuple[int, str, Any]] = {}  # by code: its place and name

    def find(self, function: Any, args: tuple[Any, ...] = ()) -> tuple[int, str]:
        """Its place, else -1; and the name of the innermost function found.

        Looks through functools.partial, Context.run and the closures and objects with which libraries wrap functions.
        """
        for _ in range(MAX_LAYERS):
            if isinstance(function, functools.partial):
                function, args = function.func, function.args + args
                continue
            owner = getattr(function, "__self__", None)
            if isinstance(owner, Context) and args:
                function, args = args[0], args[1:]
                continue
            code = getattr(function, "__code__", None)
            inner = None if code is None else self._look_inside(function, code, owner)
            if inner is None:
                break
            function = inner
        found = self._end(function)
        for argument in args[:MAX_ARGUMENTS] if found[0] == UNKNOWN else ():
            if callable(argument) and self._end(argument)[0] != UNKNOWN:
                return self._end(argument)
        return found

    def _look_inside(self, function: Any, code: CodeType, owner: Any) -> Any:
        known = self._ways.get(id(code))
        if known is None:
            known = self._ways[id(code)] = (self._find_way(function, code, owner), code)
        cell, attribute = known[0]
        try:
            held = owner if cell is None else function.__closure__[cell].cell_contents
        except (ValueError, TypeError, IndexError):  # an empty cell
            return None
        return getattr(held, attribute, None) if attribute else held if held is not owner else None

    def _find_way(self, function: Any, code: CodeType, owner: Any) -> Way:
        if self._sites.is_user(code):
            return None, ""
        for index, cell in enumerate(getattr(function, "__closure__", None) or ()):
            name = code.co_freevars[index]
            try:
                held = cell.cell_contents
            except ValueError:  # an empty cell
                continue
            if name in INNER_NAMES and callable(held):
                return index, ""
            attribute = _callable_attribute(held) if name == "self" else ""
            if attribute:
                return index, attribute
        return None, _callable_attribute(owner)

    def _end(self, function: Any) -> tuple[int, str]:
        code = getattr(function, "__code__", None)
        known = self._ends.get(id(code)) if code is not None else None
        if known is None:
            name = getattr(function, "__qualname__", "") or type(function).__qualname__
            module = getattr(function, "__module__", "") or ""
            known = (self._sites.of_function(function), f"{module}.{name}", code)
            if code is not None:
                self._ends[id(code)] = known
        return known[:2]


def _callable_attribute(owner: Any) -> str:
    """Under which name an object of a library holds the function it was made from; empty when it holds none."""
    names = [] if owner is None else INNER_NAMES[:3]
    return next((name for name in names if callable(getattr(owner, name, None))), "")
