"""What will be answered, known before it is decided whether and when.  Pure.

Load tests send the same request again and again.  Its answer differs only in ids, so it is made once a second and the
ids are put in; whatever a request says of itself in its headers is not part of this.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from mock_provider.replies import Reply, ReplyIds
from mock_provider.routes import CHAT, Route
from mock_provider.wire import frame_whole

MOST_DRAFTS = 256
LARGEST_BODY = 16 * 1024
_PREFIX = 4  # ids of tool calls leave out the first digits of the token


class Draft(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What follows from the body of a request alone."""

    endpoint: str
    reply: Reply
    ids: ReplyIds  # those in the reply
    is_stream: bool
    is_unpaced: bool = False  # no generation behind it
    requested_tokens: int
    body_hash: str
    canaries: list[str]

    def body(self, ids: ReplyIds) -> bytes:
        """The plain answer, with these ids."""
        body = self.reply.body
        return body if ids is self.ids else body.replace(self._digits, self._digits_of(ids))

    def events(self, ids: ReplyIds) -> list[bytes]:
        """The stream, an event each."""
        events = self.reply.events
        if ids is self.ids:
            return events
        old, new = self._digits, self._digits_of(ids)
        return [event.replace(old, new) for event in events]

    def whole_stream(self, ids: ReplyIds) -> bytes:
        """The stream in one piece, framed for the wire."""
        whole = self._whole_stream
        return whole if ids is self.ids else whole.replace(self._digits, self._digits_of(ids))

    @cached_property
    def _whole_stream(self) -> bytes:
        return frame_whole(b"".join(self.reply.events))

    @cached_property
    def _digits(self) -> bytes:
        return self.ids.token[_PREFIX:].encode()

    def _digits_of(self, ids: ReplyIds) -> bytes:
        """Those of the draft, but for the last, which are the ordinal's."""
        return b"%b%08x" % (self._digits[:-8], ids.ordinal & 0xFFFFFFFF)


class Drafts:
    """The latest drafts, by request."""

    def __init__(self) -> None:
        self._drafts: dict[bytes, Draft] = {}

    def recall(self, route: Route, body: bytes, created: int) -> Draft | None:
        """The draft of an equal request of this second; None when there is none."""
        draft = self._drafts.get(body)
        return None if draft is None or draft.ids.created != created or route is not CHAT else draft

    def remember(self, route: Route, body: bytes, draft: Draft) -> None:
        """Keep it for the next one."""
        if route is not CHAT or len(body) > LARGEST_BODY:
            return
        if len(self._drafts) >= MOST_DRAFTS:
            self._drafts.clear()
        self._drafts[body] = draft
