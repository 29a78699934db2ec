"""Fills {user}, {sequence} and {canary} in inputs and configs.  Core: pure.

Strings are found wherever they are: in dicts, lists, tuples, pydantic models and dataclasses (message objects are
models).  Other braces stay as they are, so prompts and JSON in inputs survive.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from harness.tracing import canary_of


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """What the placeholders stand for in one request."""

    user: int
    sequence: int
    canary: str

    @classmethod
    def of(cls, *, user: int, sequence: int, trace_id: str) -> Fill:
        return cls(user=user, sequence=sequence, canary=canary_of(trace_id))


def fill_placeholders(value: Any, fill: Fill) -> Any:
    """The value with every placeholder filled; the original is not changed, parts without strings are shared."""
    match value:
        case str():
            return fill_text(value, fill)
        case dict():
            return {fill_placeholders(k, fill): fill_placeholders(v, fill) for k, v in value.items()}
        case list():
            return [fill_placeholders(item, fill) for item in value]
        case tuple() if hasattr(value, "_fields"):
            return type(value)(*(fill_placeholders(item, fill) for item in value))
        case tuple():
            return tuple(fill_placeholders(item, fill) for item in value)
        case _ if hasattr(value, "model_copy") and hasattr(type(value), "model_fields"):
            fields = {name: fill_placeholders(v, fill) for name, v in value.__dict__.items()}
            return value.model_copy(update=fields)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                f.name: fill_placeholders(getattr(value, f.name), fill) for f in dataclasses.fields(value)
            }
            copied = object.__new__(type(value))
            for name, filled in fields.items():
                object.__setattr__(copied, name, filled)
            return copied
        case _:
            return value


def fill_text(text: str, fill: Fill) -> str:
    """A text with its placeholders filled."""
    if "{" not in text:
        return text
    return (
        text.replace("{user}", str(fill.user))
        .replace("{sequence}", str(fill.sequence))
        .replace("{canary}", fill.canary)
    )
