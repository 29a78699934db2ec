"""From a request's JSON to the answer, by endpoint.  Pure, but for the memory that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_provider.replies.chat import reply_to_chat
from mock_provider.replies.completions import reply_to_completions
from mock_provider.replies.embeddings import reply_to_embeddings
from mock_provider.replies.kept import KEPT
from mock_provider.replies.memory import Memory
from mock_provider.replies.models import reply_to_model, reply_to_models
from mock_provider.replies.moderations import reply_to_moderations
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.responses import reply_to_responses
from mock_provider.replies.script import Script
from mock_provider.replies.stored import STORED

ENDPOINTS: dict[str, Callable[..., Reply]] = {
    "chat.completions": reply_to_chat,
    "completions": reply_to_completions,
    "responses": reply_to_responses,
    "embeddings": reply_to_embeddings,
    "models": reply_to_models,
    "models.retrieve": reply_to_model,
    "moderations": reply_to_moderations,
    **STORED,
}
REMEMBERING = frozenset(("responses", *KEPT))


def build_reply(
    endpoint: str, request: dict[str, Any], script: Script, ids: ReplyIds, memory: Memory | None = None
) -> Reply:
    """The answer to a request; equal arguments give equal bytes.

    endpoint: a key of ENDPOINTS.  request: the body or the query, with what the path names: ``model`` of a model,
    ``id`` of a stored object.  memory: earlier responses; without it every id is taken for one of theirs.
    Raises RequestRefusedError for what the real provider refuses.
    """
    if endpoint in REMEMBERING:
        return ENDPOINTS[endpoint](request, script, ids, memory)
    return ENDPOINTS[endpoint](request, script, ids)
