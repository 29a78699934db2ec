"""What will be answered, known before it is decided whether and when.  Pure.

Load tests send the same request again and again.  Its answer differs only in ids, so it is made once a second and the
ids are put in; whatever a request says of itself in its headers is not part of this.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from mock_provider.latest import Latest
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

    def body(self, ordinal: int) -> bytes:
        """The plain answer, with the ids of the request of this ordinal."""
        if ordinal == self.ids.ordinal:
            return self.reply.body
        return self._digits_of(ordinal).join(self._body_parts)

    def events(self, ordinal: int) -> list[bytes]:
        """The stream, an event each."""
        events = self.reply.events
        if ordinal == self.ids.ordinal:
            return events
        old, new = self._digits, self._digits_of(ordinal)
        return [event.replace(old, new) for event in events]

    def whole_stream(self, ordinal: int) -> bytes:
        """The stream in one piece, framed for the wire."""
        if ordinal == self.ids.ordinal:
            return self._whole_stream
        return self._digits_of(ordinal).join(self._stream_parts)

    @cached_property
    def _whole_stream(self) -> bytes:
        return frame_whole(b"".join(self.reply.events))

    # What stands between the ids: joining takes a fraction of the time that replacing does.

    @cached_property
    def _body_parts(self) -> list[bytes]:
        return self.reply.body.split(self._digits)

    @cached_property
    def _stream_parts(self) -> list[bytes]:
        return self._whole_stream.split(self._digits)

    @cached_property
    def _digits(self) -> bytes:
        return self.ids.token[_PREFIX:].encode()

    @cached_property
    def _pattern(self) -> bytes:
        return self._digits[:-8] + b"%08x"

    def _digits_of(self, ordinal: int) -> bytes:
        """Those of the draft, but for the last, which are the ordinal's."""
        return self._pattern % (ordinal & 0xFFFFFFFF)


class Drafts:
    """The latest drafts, by request."""

    def __init__(self) -> None:
        self._drafts = Latest[bytes, Draft](MOST_DRAFTS)

    def recall(self, route: Route, body: bytes, created: int) -> Draft | None:
        """The draft of an equal request of this second; None when there is none."""
        draft = self._drafts.get(body)
        return None if draft is None or draft.ids.created != created or route is not CHAT else draft

    def remember(self, route: Route, body: bytes, draft: Draft) -> None:
        """Keep it for the next one."""
        if route is CHAT and len(body) <= LARGEST_BODY:
            self._drafts.remember(body, draft)
