"""Sleeps of the user's own code: a pause between two tries, or polling.  The source tells which.

``asyncio.sleep`` is wrapped; sleeps in threads are seen by sampling (thread_stacks).
"""

from __future__ import annotations

import ast
import asyncio
import asyncio.tasks
import functools
import inspect
import sys
import textwrap
from types import CodeType
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace


class SleepProbe:
    """Wraps ``asyncio.sleep`` where the user's own code calls it."""

    name = "sleeps"

    def __init__(self) -> None:
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        sites, kinds = context.sites, SleepKinds()

        def make(original: Any) -> Any:
            async def sleep(delay: float, result: Any = None) -> Any:
                trace = current_trace()
                frame = sys._getframe(1) if trace is not None and delay > 0 else None
                if trace is None or frame is None or not sites.is_user(frame.f_code):
                    return await original(delay, result)
                kind = kinds.of(frame.f_code, frame.f_lineno)
                span = trace.begin(kind, sites.of_frame(frame), "sleep", detail=f"{delay:.3g}")
                try:
                    return await original(delay, result)
                finally:
                    span.close()

            return functools.wraps(original)(sleep)

        self._patches.replace(asyncio.tasks, "sleep", make)
        changed = asyncio.tasks.sleep
        self._patches.replace(asyncio, "sleep", lambda original: changed)

    def uninstall(self) -> None:
        self._patches.restore()


class SleepKinds:
    """``backoff`` for a sleep in a retry loop, else ``sleep``; each place read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[str, CodeType]] = {}

    def of(self, code: CodeType, line: int) -> str:
        key = (id(code), line)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (kind_of_sleep(code, line), code)
        return known[0]


def kind_of_sleep(code: CodeType, line: int) -> str:
    """``backoff`` when the line lies in an except clause, or in a loop that catches exceptions and goes on."""
    try:  # only the function around it: whole files take too long where a loop waits
        lines, first = inspect.getsourcelines(code)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, ValueError, SyntaxError):  # no source: it was only a sleep
        return "sleep"
    line = line - first + 1 if first else line
    around = [node for node in ast.walk(tree) if _contains(node, line)]
    if any(isinstance(node, ast.ExceptHandler) for node in around):
        return "backoff"
    functions = [node for node in around if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = max(functions, key=lambda node: node.lineno, default=None)
    loops = [node for node in around if isinstance(node, ast.While | ast.For | ast.AsyncFor)]
    own = [loop for loop in loops if inner is None or loop.lineno >= inner.lineno]
    retries = any(isinstance(node, ast.Try) and node.handlers for loop in own for node in ast.walk(loop))
    return "backoff" if retries else "sleep"


def _contains(node: ast.AST, line: int) -> bool:
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    return first is not None and last is not None and first <= line <= last
