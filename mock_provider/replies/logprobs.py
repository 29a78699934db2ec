"""Log probabilities of generated tokens: made up, but of the right shape and always the same.  Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zlib import crc32

import msgspec

from mock_provider.replies.text import Text


def make_logprobs(request: dict[str, Any], text: Text) -> bytes:
    """A choice's ``logprobs`` of the chat endpoint."""
    return b'{"content":[' + b",".join(make_token_logprobs(request, text)) + b'],"refusal":null}'


def make_token_logprobs(request: dict[str, Any], text: Text) -> list[bytes]:
    """One object a token, as JSON."""
    alternatives = request.get("top_logprobs") or 0
    return [_make_one(piece, alternatives) for piece in text.pieces]


def logprob_of(token: str) -> float:
    """Between -0.5 and 0, by the token alone."""
    return -(crc32(token.encode(errors="replace")) % 5000 + 1) / 10000


def rank_alternatives(token: str, count: int) -> list[tuple[str, float]]:
    """The token itself and made-up others, the likeliest first."""
    first = logprob_of(token)
    return [(token if rank == 0 else f"{token}{rank}", round(first - rank * 1.5, 4)) for rank in range(count)]


@lru_cache(maxsize=4096)
def _make_one(token: str, alternatives: int) -> bytes:
    shaped = _shape(token, logprob_of(token))
    shaped["top_logprobs"] = [_shape(*alternative) for alternative in rank_alternatives(token, alternatives)]
    return msgspec.json.encode(shaped)


def _shape(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode(errors="replace"))}
