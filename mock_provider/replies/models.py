"""The list of models, and one of them.  Pure."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from mock_provider.replies.refusals import refuse
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script

LISTED = (
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-5",
    "gpt-5-mini",
    "gpt-3.5-turbo",
    "gpt-3.5-turbo-instruct",
    "o3",
    "o4-mini",
    "text-embedding-3-small",
    "text-embedding-3-large",
    "text-embedding-ada-002",
    "omni-moderation-latest",
)
_CREATED = 1715367049


def reply_to_models(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """All models."""
    del request, ids
    listed = {"object": "list", "data": [_describe(name) for name in script.models or LISTED]}
    return Reply(make_body=partial(msgspec.json.encode, listed), model="", prompt_text="", prompt_tokens=0)


def reply_to_model(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The one named by ``model``, which stands in the path.  Raises RequestRefusedError when there is none."""
    del ids
    name = str(request.get("model") or "")
    if not name or (script.models and name not in script.models):
        refuse(f"The model '{name}' does not exist", "model", "model_not_found", status=404)
    return Reply(
        make_body=partial(msgspec.json.encode, _describe(name)), model=name, prompt_text="", prompt_tokens=0
    )


def _describe(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "system"}
