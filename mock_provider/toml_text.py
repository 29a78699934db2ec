"""Plain values as TOML text.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(document: Mapping[str, Any]) -> str:
    """A document of two levels: scalars, tables, and arrays of tables; what lies deeper is written inline.

    None has no form in TOML and is left out.
    """
    present = {key: value for key, value in document.items() if value is not None}
    lines = [f"{_key(key)} = {_value(v)}" for key, v in present.items() if not _is_section(v)]
    for key, value in present.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *_pairs(value)]
        elif _is_section(value):
            for table in value:
                lines += ["", f"[[{_key(key)}]]", *_pairs(table)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def _pairs(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None]


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    # JSON strings are TOML basic strings, but for DEL, which TOML wants escaped.
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _string(value)
        case Mapping():
            return "{" + ", ".join(_pairs(value)) + "}"
        case list() | tuple():
            return "[" + ", ".join(_value(item) for item in value if item is not None) + "]"
    raise TypeError(f"{type(value).__name__} has no form in TOML")
