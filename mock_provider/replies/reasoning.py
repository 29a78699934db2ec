"""What a model that reasons shows of it in a response: an item before the answer, where it is asked for.  Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mock_provider.replies.reply import ReplyIds

_MODEL = re.compile(r"o[134](?:-|$)|gpt-[5-9](?!.*chat)")
_ENCRYPTED = "reasoning.encrypted_content"
_SUMMARY = "**Reading the question**\n\nThe question is read as it was asked, and answered in plain words."
_PART = {"type": "summary_text", "text": _SUMMARY}
_encode = msgspec.json.encode
Event = tuple[str, bytes]  # its name, and what follows its number


def shows_reasoning(request: dict[str, Any]) -> bool:
    """Whether the answer has such an item."""
    if not _wants_summary(request) and _ENCRYPTED not in (request.get("include") or ()):
        return False
    effort = (request.get("reasoning") or {}).get("effort")
    return effort != "none" and _MODEL.match(str(request.get("model"))) is not None


def make_item(request: dict[str, Any], ids: ReplyIds) -> dict[str, Any]:
    """The item."""
    summary = [_PART] if _wants_summary(request) else []
    item: dict[str, Any] = {"id": f"rs_{ids.token}", "type": "reasoning", "summary": summary}
    if _ENCRYPTED in (request.get("include") or ()):
        item["encrypted_content"] = f"gAAAA{ids.token}"
    return item


def make_item_events(item: dict[str, Any]) -> list[Event]:
    """Its events, the first of the answer's."""
    where = {"item_id": item["id"], "output_index": 0, "summary_index": 0}
    summary: list[tuple[str, dict[str, Any]]] = [
        ("response.reasoning_summary_part.added", {**where, "part": {"type": "summary_text", "text": ""}}),
        ("response.reasoning_summary_text.delta", {**where, "delta": _SUMMARY}),
        ("response.reasoning_summary_text.done", {**where, "text": _SUMMARY}),
        ("response.reasoning_summary_part.done", {**where, "part": _PART}),
    ]
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.output_item.added", {"output_index": 0, "item": {**item, "summary": []}}),
        *(summary if item["summary"] else ()),
        ("response.output_item.done", {"output_index": 0, "item": item}),
    ]
    return [(name, _encode(content)[1:-1]) for name, content in events]


def count_item_events(request: dict[str, Any]) -> int:
    """How many events come before those of the answer."""
    if not shows_reasoning(request):
        return 0
    return 6 if _wants_summary(request) else 2


def _wants_summary(request: dict[str, Any]) -> bool:
    wanted = request.get("reasoning") or {}
    return bool(wanted.get("summary") or wanted.get("generate_summary"))
