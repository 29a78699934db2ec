"""What the user's object is, and how to get from a factory to the thing itself.  Imports no user code."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Awaitable
from typing import Any, Literal

import msgspec
from langchain_core.runnables import Runnable

from harness.errors import BadInputError
from harness.target.frames import FrameReader, user_lines

Kind = Literal["runnable", "asgi"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that can be served."""

    kind: Kind
    value: Any
    description: str


def kind_of(value: Any) -> Kind | None:
    """None when it is neither: a factory, or nothing that can be served."""
    if isinstance(value, type):
        return None
    if isinstance(value, Runnable):
        return "runnable"
    return "asgi" if _is_asgi(value) else None


def call_if_factory(value: Any, name: str) -> Any:
    """The value, or what it returns when it is a zero-argument callable; that may have to be awaited.

    Runs without an event loop, so that a factory may use asyncio.run.  Raises BadInputError.
    """
    if kind_of(value) is not None or not callable(value):
        return value
    missing = _required_parameters(value)
    if missing:
        raise BadInputError(
            f"{name} needs arguments ({', '.join(missing)}); chainload calls a factory without any: "
            f"give them defaults, or name a function that needs none"
        )
    try:
        return value()
    except (Exception, SystemExit) as error:  # whatever the user's factory does
        raise BadInputError(_factory_failure(name, error)) from error


async def settle(value: Any, name: str, stack: contextlib.AsyncExitStack) -> Target:
    """Await and enter what a factory returned until a target is left; ``stack`` keeps what was entered open.

    Runs on the loop that will serve it.  Raises BadInputError when no target is left.
    """
    try:
        if inspect.isawaitable(value):
            value = await _finish(value)
        if kind_of(value) is None and hasattr(value, "__aenter__"):
            value = await stack.enter_async_context(value)
        elif kind_of(value) is None and hasattr(value, "__enter__"):
            value = stack.enter_context(value)
    except (Exception, SystemExit) as error:  # whatever the user's factory does
        raise BadInputError(_factory_failure(name, error)) from error
    kind = kind_of(value)
    if kind is None:
        raise BadInputError(_no_target(value, name))
    return Target(kind=kind, value=value, description=describe(value))


def describe(value: Any) -> str:
    """A few words for the start message, e.g. ``RunnableSequence (3 steps)``."""
    cls = type(value).__name__
    steps = getattr(value, "steps", None)
    if isinstance(steps, list):
        return f"{cls}: {' | '.join(type(step).__name__ for step in steps)}"[:200]
    name = getattr(value, "name", None)
    return f"{cls} {name!r}" if isinstance(name, str) and name and name != cls else cls


async def _finish(value: Awaitable[Any]) -> Any:
    return await value


def _is_asgi(value: Any) -> bool:
    """A callable of (scope, receive, send): a coroutine function, or an object whose ``__call__`` is one."""
    if not callable(value):
        return False
    call = value if inspect.isroutine(value) else type(value).__call__
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):  # built-in callables
        return False
    required = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(required) != 3:
        return False
    return inspect.iscoroutinefunction(call) or [p.name for p in required] == ["scope", "receive", "send"]


def _required_parameters(value: Any) -> list[str]:
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # built-in callables: calling tells
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in variadic]


def _factory_failure(name: str, error: BaseException) -> str:
    lines = user_lines(FrameReader().of_error(error))
    return "\n".join([f"{name}() failed:", *lines, f"{type(error).__name__}: {error}"])


def _no_target(value: Any, name: str) -> str:
    hint = ""
    if type(value).__name__ in ("StateGraph", "MessageGraph") and hasattr(value, "compile"):
        hint = f"; a graph must be compiled first: {name} = {name}.compile()"
    elif isinstance(value, dict):
        hint = "; wrap it: RunnableParallel(…)"
    shown = repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "…"
    return (
        f"{name} is {_article(type(value).__name__)} ({shown}){hint}\n"
        "a target is a Runnable (chain, agent, compiled graph), an ASGI app, or a callable without arguments "
        "that returns one"
    )


def _article(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"
