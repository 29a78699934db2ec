"""What a responses request builds on, and what is kept of it for the next one."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_provider.replies.answer import Answer
from mock_provider.replies.chat_stream import call_id
from mock_provider.replies.conversation import Conversation
from mock_provider.replies.lifting import clip_prompt
from mock_provider.replies.memory import CONVERSATION_PREFIX, RESPONSE_PREFIX, Kept, Memory, is_ours
from mock_provider.replies.refusals import refuse
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.text import count_tokens

MOST_CALL_IDS = 128  # of one conversation; results of earlier calls come no more
_PART_DEFAULTS: dict[str, dict[str, Any]] = {
    "output_text": {"annotations": [], "logprobs": []},
    "input_image": {"detail": "auto"},
}
_encode = msgspec.json.encode


def find_past(request: dict[str, Any], memory: Memory, seed: int) -> Conversation | None:
    """What was said before this request; None when that is not known.  Raises RequestRefusedError."""
    previous = request.get("previous_response_id")
    if previous and request.get("conversation"):
        refuse(
            "Mutually exclusive parameters. Ensure you are only providing one of: 'previous_response_id' or"
            " 'conversation'.",
            None,
            "mutually_exclusive_parameters",
        )
    return _find_response(previous, memory, seed) if previous else None


def with_conversation(request: dict[str, Any], memory: Memory, seed: int) -> dict[str, Any]:
    """The request with what its conversation holds before its own input.  Raises RequestRefusedError."""
    name = name_of_conversation(request)
    if name is None:
        return request
    kept = memory.find(name)
    if kept is not None:
        given = request.get("input")
        own = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
        return {**request, "input": [*kept.items, *own]} if isinstance(own, list) else request
    if memory.is_gone(name) or not is_ours(name, CONVERSATION_PREFIX, seed):
        refuse(f"Conversation with id '{name}' not found.", status=404)
    return request


def name_of_conversation(request: dict[str, Any]) -> str | None:
    """The id of the conversation a request belongs to."""
    talk = request.get("conversation")
    name = talk.get("id") if isinstance(talk, dict) else talk
    return name if isinstance(name, str) and name else None


def _find_response(name: str, memory: Memory, seed: int) -> Conversation | None:
    kept = memory.find(name)
    if kept is not None:
        return kept.talk
    if not name.startswith("resp"):
        refuse(
            f"Invalid 'previous_response_id': '{name}'. Expected an ID that begins with 'resp'.",
            "previous_response_id",
            "invalid_value",
        )
    if memory.is_gone(name) or not is_ours(name, RESPONSE_PREFIX, seed):
        refuse(
            f"Previous response with id '{name}' not found.",
            "previous_response_id",
            "previous_response_not_found",
        )
    return None


def go_on(talk: Conversation, answer: Answer, request: dict[str, Any], ids: ReplyIds) -> Conversation:
    """The conversation with the answer, without the instructions, which hold for one request only."""
    made = []
    if answer.calls:
        token = ids.token.encode()
        made = [f"call_{call_id(token, 0, number).decode()}" for number in range(len(answer.calls))]
    said = "\n".join(call.arguments for call in answer.calls) if made else answer.text.whole
    instructions = request.get("instructions") or ""
    text = talk.text[len(instructions) + 1 :] if instructions else talk.text
    return Conversation(
        text=clip_prompt(f"{text}\n{said}"),
        last_user=clip_prompt(talk.last_user),
        last_role="assistant_call" if made else "assistant",
        tool_rounds=talk.tool_rounds + bool(made),
        called=(*talk.called, *[call.name for call in answer.calls])[-MOST_CALL_IDS:],
        call_ids=(*talk.call_ids, *made)[-MOST_CALL_IDS:],
        open_calls=tuple(made),
        prompt_tokens=talk.prompt_tokens - count_tokens(instructions) + answer.token_count,
    )


def keep_response(
    memory: Memory, request: dict[str, Any], ids: ReplyIds, reply: Reply, talk: Conversation
) -> None:
    """Remember a response and what it belongs to, unless it was not to be stored."""
    name = f"{RESPONSE_PREFIX}{ids.token}"
    given = request.get("input")
    size = len(_encode(request))
    if request.get("store") is False:
        memory.keep(name, None)
    else:
        unmade = msgspec.structs.replace(reply)  # the one that is sent holds its bytes
        memory.keep(name, Kept(talk=talk, given=given, reply=unmade, byte_count=size + len(talk.text)))
    conversation = name_of_conversation(request) if "conversation" in request else None
    if conversation is not None:
        output = msgspec.json.decode(reply.body)["output"]
        add_items(memory, conversation, [*items_of(given, ids.token), *output], size + len(reply.body))


def add_items(memory: Memory, name: str, items: list[dict[str, Any]], size: int) -> None:
    """Let a conversation go on."""
    kept = memory.find(name) or Kept()
    size += kept.byte_count
    memory.keep(name, msgspec.structs.replace(kept, items=[*kept.items, *items], byte_count=size))


def items_of(given: Any, token: str) -> list[dict[str, Any]]:
    """The input of a response, or of a conversation, as items with ids."""
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
    return [_name_item(item, f"msg_{token}{index:02x}") for index, item in enumerate(items)]


def _name_item(item: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {"type": "message", "status": "completed", "id": name, **item}
    content = kept.get("content")
    if isinstance(content, str):
        kind = "output_text" if kept.get("role") == "assistant" else "input_text"
        content = [{"type": kind, "text": content}]
    if isinstance(content, list):
        kept["content"] = [
            {**_PART_DEFAULTS.get(str(part.get("type")), {}), **part}
            for part in content
            if isinstance(part, dict)
        ]
    return kept
