"""From a request's JSON to the answer, by endpoint.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_provider.replies.chat import reply_to_chat
from mock_provider.replies.completions import reply_to_completions
from mock_provider.replies.embeddings import reply_to_embeddings
from mock_provider.replies.models import reply_to_model, reply_to_models
from mock_provider.replies.moderations import reply_to_moderations
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.responses import reply_to_responses
from mock_provider.replies.script import Script
from mock_provider.replies.stored import STORED

ENDPOINTS: dict[str, Callable[[dict[str, Any], Script, ReplyIds], Reply]] = {
    "chat.completions": reply_to_chat,
    "completions": reply_to_completions,
    "responses": reply_to_responses,
    "embeddings": reply_to_embeddings,
    "models": reply_to_models,
    "models.retrieve": reply_to_model,
    "moderations": reply_to_moderations,
    **STORED,
}


def build_reply(endpoint: str, request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The answer to a request; equal arguments give equal bytes.

    endpoint: a key of ENDPOINTS.  request: the body, with what the path names: ``model`` of a model, ``id`` of a stored
    object.
    Raises RequestRefusedError for what the real provider refuses.
    """
    return ENDPOINTS[endpoint](request, script, ids)
