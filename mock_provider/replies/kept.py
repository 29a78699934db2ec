"""Responses and conversations by their ids: as they were made, while they are remembered.

Ids unknown here may come from an earlier process, or from the real provider: those in the form of either are answered
as if they had been made from an empty prompt, others are not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import msgspec

from mock_provider.replies.memory import CONVERSATION_PREFIX, RESPONSE_PREFIX, Kept, Memory, is_ours
from mock_provider.replies.past import add_items, items_of
from mock_provider.replies.refusals import refuse, refuse_missing, refuse_type
from mock_provider.replies.reply import Reply, ReplyIds, no_events
from mock_provider.replies.responses import reply_to_responses
from mock_provider.replies.script import Script

MODEL = "gpt-4o"
_REAL_ID = re.compile(r"resp_[0-9a-f]{32,}")
_DEFAULT_LIMIT = 20
_NOTHING_GENERATED: dict[str, Any] = {"model": "", "prompt_text": "", "prompt_tokens": 0}
_encode = msgspec.json.encode


def reply_to_stored_response(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """A response, as it was answered; its events when they are asked for.  Raises RequestRefusedError."""
    kept = _find(request, ids, memory)
    has_stream = request.get("stream") is True
    if kept is not None and kept.reply is not None:
        found = kept.reply
        make_events = found.make_events if has_stream else no_events
        return Reply(make_body=found.make_body, make_events=make_events, **_NOTHING_GENERATED)
    empty = msgspec.structs.replace(script, models=())  # which model made it is not known
    made = reply_to_responses({"model": MODEL, "input": ""}, empty, ids)
    old, new = f"{RESPONSE_PREFIX}{ids.token}".encode(), str(request.get("id")).encode()
    return Reply(
        make_body=lambda: made.body.replace(old, new),
        make_events=lambda: [event.replace(old, new) for event in made.events if has_stream],
        **_NOTHING_GENERATED,
    )


def reply_to_response_deletion(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """A response is gone.  Raises RequestRefusedError when it was not there."""
    del script
    kept = _find(request, ids, memory)
    name = str(request.get("id"))
    if memory is not None and (kept is not None or is_ours(name, RESPONSE_PREFIX, ids.seed)):
        memory.keep(name, None)
    return reply_with({"id": request.get("id"), "object": "response", "deleted": True})


def reply_to_input_items(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """What a response was asked, of an unknown one nothing.  Raises RequestRefusedError when it is gone."""
    del script, ids
    name = str(request.get("id"))
    if memory is not None and memory.is_gone(name):
        _refuse_response(name)
    kept = memory.find(name) if memory is not None else None
    items = items_of(kept.given, name.removeprefix(RESPONSE_PREFIX)) if kept else []
    return reply_with(_page(items, request))


def _find(request: dict[str, Any], ids: ReplyIds, memory: Memory | None) -> Kept | None:
    """The response of this id; None when it may have been one.  Raises RequestRefusedError when it was none."""
    name = str(request.get("id"))
    if memory is None:
        return None
    kept = memory.find(name)
    could_be = _REAL_ID.fullmatch(name) or is_ours(name, RESPONSE_PREFIX, ids.seed)
    if kept is None and (memory.is_gone(name) or not could_be):
        _refuse_response(name)
    return kept


def _refuse_response(name: str) -> NoReturn:
    refuse(f"Response with id '{name}' not found.", status=404)


def reply_to_conversation(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """A conversation, new or old, with its metadata."""
    del script
    metadata = request.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        refuse_type("metadata", "an object", metadata)
    items = _read_items(request, ids)
    name = str(request.get("id") or f"{CONVERSATION_PREFIX}{ids.token}")
    kept = _find_conversation(name, memory) or Kept(created=ids.created)
    if metadata is not None:
        kept = msgspec.structs.replace(kept, metadata=metadata)
    if memory is not None:
        memory.keep(name, kept)
        add_items(memory, name, items, len(_encode(request)))
    described = {"id": name, "object": "conversation", "created_at": kept.created, "metadata": kept.metadata}
    return reply_with(described)


def reply_to_conversation_deletion(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """A conversation is gone."""
    del script, ids
    name = str(request.get("id"))
    _find_conversation(name, memory)
    if memory is not None:
        memory.keep(name, None)
    return reply_with({"id": name, "object": "conversation.deleted", "deleted": True})


def reply_to_new_items(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """Items put into a conversation, as they came."""
    del script
    if request.get("items") is None:
        refuse_missing("items")
    items = _read_items(request, ids)
    name = str(request.get("id"))
    _find_conversation(name, memory)
    if memory is not None:
        add_items(memory, name, items, len(_encode(request)))
    return reply_with(list_of(items))


def reply_to_items(request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None) -> Reply:
    """What was said in a conversation."""
    del script, ids
    kept = _find_conversation(str(request.get("id")), memory)
    return reply_with(_page(kept.items if kept else [], request))


def reply_to_item(request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None) -> Reply:
    """One item of a conversation.  Raises RequestRefusedError."""
    del script
    name, _, item_name = str(request.get("id")).partition("/items/")
    kept = _find_conversation(name, memory) or Kept()
    found = [item for item in kept.items if item.get("id") == item_name]
    if not found and memory is not None:
        refuse(f"Item with id '{item_name}' not found in conversation with id '{name}'.", status=404)
    return reply_with((found or items_of([{"role": "user", "content": "", "id": item_name}], ids.token))[0])


def reply_to_item_deletion(
    request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None
) -> Reply:
    """The conversation without the item."""
    name, _, item_name = str(request.get("id")).partition("/items/")
    kept = _find_conversation(name, memory)
    if kept is not None and memory is not None:
        left = [item for item in kept.items if item.get("id") != item_name]
        memory.keep(name, msgspec.structs.replace(kept, items=left))
    return reply_to_conversation({"id": name}, script, ids, memory)


def _find_conversation(name: str, memory: Memory | None) -> Kept | None:
    if memory is None:
        return None
    if memory.is_gone(name):
        refuse(f"Conversation with id '{name}' not found.", status=404)
    return memory.find(name)


def _read_items(request: dict[str, Any], ids: ReplyIds) -> list[dict[str, Any]]:
    items = request.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        refuse_type("items", "an array of objects", items)
    return items_of(items, ids.token)


def _page(items: list[dict[str, Any]], query: dict[str, Any]) -> dict[str, Any]:
    """The items asked for: the latest first, unless the query says otherwise."""
    ordered = items if query.get("order") == "asc" else items[::-1]
    after = query.get("after")
    names = [item.get("id") for item in ordered]
    if after in names:
        ordered = ordered[names.index(after) + 1 :]
    limit = str(query.get("limit") or "")
    count = int(limit) if limit.isdecimal() else _DEFAULT_LIMIT
    return list_of(ordered[:count], has_more=len(ordered) > count)


def list_of(items: list[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """A list as the provider writes it."""
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {}
    return {"object": "list", "data": items, "first_id": "", "last_id": "", "has_more": has_more, **ends}


def reply_with(answer: dict[str, Any]) -> Reply:
    """This object, for which nothing was generated."""
    return Reply(make_body=partial(_encode, answer), **_NOTHING_GENERATED)


KEPT: dict[str, Callable[[dict[str, Any], Script, ReplyIds, Memory | None], Reply]] = {
    "responses.retrieve": reply_to_stored_response,
    "responses.cancel": reply_to_stored_response,
    "responses.delete": reply_to_response_deletion,
    "responses.input_items": reply_to_input_items,
    "conversations": reply_to_conversation,
    "conversations.retrieve": reply_to_conversation,
    "conversations.update": reply_to_conversation,
    "conversations.delete": reply_to_conversation_deletion,
    "conversations.items": reply_to_new_items,
    "conversations.items.list": reply_to_items,
    "conversations.items.retrieve": reply_to_item,
    "conversations.items.delete": reply_to_item_deletion,
}
