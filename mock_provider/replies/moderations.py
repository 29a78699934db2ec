"""Moderations: scores by a few plain words, so that both branches of a chain can be reached.  Pure."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import msgspec

from mock_provider.replies.chat_request import read_model
from mock_provider.replies.refusals import refuse_empty, refuse_missing, refuse_type
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.text import count_tokens

DEFAULT_MODEL = "omni-moderation-latest"
FLAGGED_SCORE = 0.93
CLEAN_SCORE = 0.0001
_CATEGORIES = {
    "harassment": r"\b(?:idiot|moron)s?\b",
    "harassment/threatening": r"\bi(?:'ll| will) (?:hurt|kill)\b",
    "sexual": r"\bporn",
    "sexual/minors": None,
    "hate": r"\bi hate (?:all|those)\b",
    "hate/threatening": None,
    "illicit": r"\b(?:build|make) a bomb\b",
    "illicit/violent": r"\b(?:build|make) a bomb\b",
    "self-harm": r"\b(?:suicide|kill myself)\b",
    "self-harm/intent": r"\bkill myself\b",
    "self-harm/instructions": None,
    "violence": r"\b(?:kill|murder|stab)",
    "violence/graphic": None,
}
_WITH_IMAGES = (
    "sexual",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "violence",
    "violence/graphic",
)


def reply_to_moderations(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The answer to a moderation.  Raises RequestRefusedError."""
    model = read_model({"model": request.get("model") or DEFAULT_MODEL}, script.models)
    texts, has_image = _read_texts(request.get("input"))
    answer = {
        "id": f"modr-{ids.token}",
        "model": model,
        "results": [_judge(text, has_image=has_image) for text in texts],
    }
    whole = "\n".join(texts)
    return Reply(
        make_body=partial(msgspec.json.encode, answer),
        model=model,
        prompt_text=whole,
        prompt_tokens=count_tokens(whole),
    )


def _judge(text: str, *, has_image: bool) -> dict[str, Any]:
    lowered = text.lower()
    found = {name: bool(words and re.search(words, lowered)) for name, words in _CATEGORIES.items()}
    return {
        "flagged": any(found.values()),
        "categories": found,
        "category_scores": {name: FLAGGED_SCORE if hit else CLEAN_SCORE for name, hit in found.items()},
        "category_applied_input_types": {
            name: ["text", "image"] if has_image and name in _WITH_IMAGES else ["text"]
            for name in _CATEGORIES
        },
    }


def _read_texts(value: Any) -> tuple[list[str], bool]:
    """One text for each result, and whether there are images; parts of one input are judged together."""
    if value is None:
        refuse_missing("input")
    if isinstance(value, str):
        return [value], False
    if not isinstance(value, list):
        refuse_type("input", "one of a string, array of strings, or array of objects", value)
    if not value:
        refuse_empty("input")
    if all(isinstance(item, str) for item in value):
        return list(value), False
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            refuse_type(f"input[{index}]", "an object", item)
    return ["\n".join(str(part.get("text", "")) for part in value)], any(
        "image_url" in part for part in value
    )
