"""What the user's modules keep between requests: how much, and whether it is a request's own.

Only looks: nothing is called, copied or changed, and how much is looked at is bounded.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, ContextVar
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from harness.tracing import CANARY_PREFIX

MAX_OBJECTS = 2_500  # of one look: about 3 ms
MAX_DEPTH = 6
MAX_ITEMS = 6  # of a container, looked into: those beyond are as many as it says
CONTAINERS = (list, dict, set, deque)
LEAVES = (str, bytes, int, float, complex, bool, type(None), ModuleType)
OPAQUE = frozenset(
    {
        "asyncio",
        "concurrent",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "logging",
        "openai",
        "ssl",
        "threading",
    }
)  # packages whose objects hold no conversation, and much else
Key = tuple[str, str]  # file and name of the variable or attribute of the user's
_Item = tuple[Any, Key, int]  # object, under which name it is kept, depth


@dataclass(slots=True)
class Kept:
    """What is kept, by the name under which it is."""

    sizes: Counter[Key] = field(default_factory=Counter)  # items of containers, with those of what they hold
    marked: set[Key] = field(default_factory=set)  # holds text with a canary, which was a request's own


def find_kept(modules: Iterable[ModuleType], others: Iterable[Any], is_user: Callable[[str], bool]) -> Kept:
    """modules: the user's; others: what the user's code made and no module names."""
    kept = Kept()
    pending: deque[_Item] = deque()
    for module in modules:
        file = str(module.__file__)
        pending += [
            (value, (file, name), 0) for name, value in list(vars(module).items()) if name[:2] != "__"
        ]
    pending += [(value, ("", ""), 0) for value in others]
    seen: set[int] = set()
    while pending and len(seen) < MAX_OBJECTS:
        value, key, depth = pending.popleft()
        if isinstance(value, str) and key[1] and CANARY_PREFIX in value:
            kept.marked.add(key)
        if isinstance(value, LEAVES) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, CONTAINERS) and key[1]:
            kept.sizes[key] += len(value)
        if depth < MAX_DEPTH:
            try:
                pending += [(inner, name, depth + 1) for inner, name in _look_inside(value, key, is_user)]
            except Exception:  # changed meanwhile, or an object with ways of its own
                continue
    return kept


def _look_inside(value: Any, key: Key, is_user: Callable[[str], bool]) -> Iterator[tuple[Any, Key]]:
    if isinstance(value, dict):
        yield from ((inner, key) for inner in list(itertools.islice(value.values(), MAX_ITEMS)))
    elif isinstance(value, CONTAINERS):
        yield from ((inner, key) for inner in list(itertools.islice(value, MAX_ITEMS)))
    elif isinstance(value, ContextVar):
        yield Context().run(value.get), key  # its default, which all requests share
    elif isinstance(value, FunctionType):
        file = value.__code__.co_filename
        if is_user(file):
            yield from ((held, (file, name)) for name, held in _held_by(value))
    elif isinstance(value, MethodType):
        yield value.__self__, key
        yield value.__func__, key
    elif isinstance(value, partial):
        yield from ((held, key) for held in (value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, type):
        if _is_users(value, is_user):
            yield from (
                (held, (key[0], name)) for name, held in list(vars(value).items()) if name[:2] != "__"
            )
    elif type(value).__module__.partition(".")[0] not in OPAQUE:
        own = _is_users(type(value), is_user)
        for name, held in list(getattr(value, "__dict__", {}).items()):
            yield held, ((_file_of(type(value)), name) if own else key)
        if own:
            yield from ((held, (_file_of(type(value)), name)) for name, held in _slots_of(value))


def _slots_of(value: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            member = kind.__dict__.get(name)
            if isinstance(member, MemberDescriptorType):
                try:
                    yield name, member.__get__(value)
                except AttributeError:  # not set
                    continue


def _held_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Variables of the functions around it, and its default arguments."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # still empty
            continue
    defaults = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def _is_users(kind: type, is_user: Callable[[str], bool]) -> bool:
    file = _file_of(kind)
    return bool(file) and is_user(file)


def _file_of(kind: type) -> str:
    """Of the module that a class is defined in; empty when it has none."""
    return str(getattr(sys.modules.get(kind.__module__), "__file__", None) or "")
