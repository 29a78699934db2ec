"""Whatever a chain answers, as JSON of bounded size.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

MAX_BYTES = 1_000_000  # of one output; the load generator measures time, not content
MAX_TEXT = 2_000  # kept of an output that is too large, or that is not JSON at all


def to_json(value: Any) -> bytes:
    """JSON of any value; what has no JSON form becomes text, what is too large becomes a note with its head."""
    try:
        encoded = msgspec.json.encode(value, enc_hook=_plain)
    except Exception:  # user objects: cycles, odd keys, properties that raise
        return _encode_text(_text_of(value))
    if len(encoded) <= MAX_BYTES:
        return encoded
    head = encoded[:MAX_TEXT].decode(errors="replace")
    return msgspec.json.encode({"truncated": True, "bytes": len(encoded), "head": head})


def to_plain(value: Any) -> Any:
    """The same as plain dicts, lists and strings."""
    return msgspec.json.decode(to_json(value))


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        return dump()
    if isinstance(value, (BaseException, type)):
        return repr(value)
    if hasattr(value, "tolist"):  # numpy
        return value.tolist()
    return _text_of(value)


def _text_of(value: Any) -> str:
    try:
        return str(value)[:MAX_TEXT]
    except Exception:  # a user's __str__
        return f"<{type(value).__name__}>"


def _encode_text(text: str) -> bytes:
    return msgspec.json.encode(text.encode(errors="replace").decode())
