"""Which endpoints a model is served at, for the names that leave no doubt.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from mock_provider.replies.refusals import refuse

_CHAT = re.compile(
    r"(?:ft:)?(?:gpt-3\.5-turbo(?!-instruct)|gpt-4|chatgpt-4o|gpt-5|o1(?:-|$)|o3(?:-|$)|o4-mini)"
)
_TEXT = re.compile(r"gpt-3\.5-turbo-instruct|(?:text-)?davinci-00\d$|babbage-002$")


@lru_cache(maxsize=256)
def _is_chat_model(model: str) -> bool:
    return _CHAT.match(model) is not None


@lru_cache(maxsize=256)
def _is_text_model(model: str) -> bool:
    return _TEXT.match(model) is not None


def check_text_model(model: str) -> None:
    """Refuse a chat model where text is completed."""
    if _is_chat_model(model):
        refuse(
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use"
            " v1/chat/completions?",
            "model",
            status=404,
        )


def check_chat_model(model: str) -> None:
    """Refuse a model that completes text where messages are answered."""
    if _is_text_model(model):
        refuse(
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to"
            " use v1/completions?",
            "model",
            status=404,
        )
