"""What is kept of responses and conversations, so that later requests can build on them.

The latest few thousand, and no more than so many bytes of requests.  What is forgotten for want of room is still known
as one of ours by its id, and nobody who comes back to it is refused.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from mock_provider.replies.conversation import Conversation
from mock_provider.replies.reply import Reply, ReplyIds

MOST_OBJECTS = 4096
MOST_BYTES = 16 << 20
RESPONSE_PREFIX = "resp_"
CONVERSATION_PREFIX = "conv_"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A response, or a conversation."""

    items: list[dict[str, Any]] = []  # of a conversation
    given: Any = None  # the input of a response
    talk: Conversation | None = None  # all that was said up to a response, and in it
    reply: Reply | None = None  # the response, not made yet
    metadata: dict[str, Any] = {}  # of a conversation
    created: int = 0
    byte_count: int = 0


class Memory:
    """Objects by id, the oldest forgotten first.  What was deleted, or not to be stored, is remembered as gone."""

    def __init__(self, *, most_objects: int = MOST_OBJECTS, most_bytes: int = MOST_BYTES) -> None:
        self._most_objects = most_objects
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Kept | None] = (
            OrderedDict()
        )  # its first key is found at once, unlike a dict's
        self._byte_count = 0

    def keep(self, name: str, kept: Kept | None) -> None:
        """Remember the object of this id from now on; None: that it is gone."""
        self._drop(name)
        self._kept[name] = kept
        self._byte_count += kept.byte_count if kept else 0
        while len(self._kept) > self._most_objects or self._byte_count > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def find(self, name: str) -> Kept | None:
        """The object of this id, when it is remembered."""
        return self._kept.get(name)

    def is_gone(self, name: str) -> bool:
        """Whether there is no such object any more."""
        return name in self._kept and self._kept[name] is None

    def clear(self) -> None:
        self._kept.clear()
        self._byte_count = 0

    def _drop(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        self._byte_count -= kept.byte_count if kept else 0


def is_ours(name: str, prefix: str, seed: int) -> bool:
    """Whether a provider of this seed made the id: its digits follow from its ordinal."""
    digits = name.removeprefix(prefix)
    try:
        ordinal = int(digits[-8:], 16)
    except ValueError:
        return False
    return name.startswith(prefix) and ReplyIds(ordinal=ordinal, seed=seed).token == digits
