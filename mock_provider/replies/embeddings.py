"""Embeddings: vectors of length one that depend on the text alone.  Pure.

A vector is a window into one long pool of numbers.  Magnitudes repeat with the window's length, so every window has
length one; where it lies and how its first pairs are turned follow from the text's hash.  The pool is kept as it is
written, in both encodings, so that a window is cut out and not written again.
"""

from __future__ import annotations

import base64
import math
import random
from array import array
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

import msgspec

from mock_provider.replies.chat_request import read_model
from mock_provider.replies.refusals import refuse, refuse_missing, refuse_type, refuse_value
from mock_provider.replies.reply import Reply, ReplyIds
from mock_provider.replies.script import Script
from mock_provider.replies.text import count_tokens

DEFAULT_DIMENSIONS = 1536
LARGE_DIMENSIONS = 3072
MOST_INPUTS = 2048
_POOL_WINDOWS = 4096
_STEP = 3  # windows begin at every third number: twelve bytes, which are sixteen characters of base64
_TURNED_PAIRS = 3
_TURNED = 2 * _TURNED_PAIRS
_WIDTH = 12  # characters of a number and its comma
_FULL_TURN = 65536
_FIELDS = frozenset(("model", "input", "encoding_format", "dimensions", "user"))
_encode = msgspec.json.encode


class _Pool(msgspec.Struct, frozen=True):
    """Numbers for windows of one length: as floats of four bytes, these in base64, and as JSON of even width."""

    values: array[float]
    packed: bytes
    written: bytes


def reply_to_embeddings(request: dict[str, Any], script: Script, ids: ReplyIds) -> Reply:
    """The answer to an embeddings request.  Raises RequestRefusedError."""
    del ids  # equal texts give equal vectors, whatever the request
    model = read_model(request, script.models)
    if not script.accept_unknown_parameters and not _FIELDS.issuperset(request):
        unknown = next(key for key in request if key not in _FIELDS)
        refuse(f"Unrecognized request argument supplied: {unknown}")
    inputs = _read_inputs(request.get("input"))
    form = request.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        refuse_value("encoding_format", form, ("float", "base64"))
    dimensions = _read_dimensions(request.get("dimensions"), model)
    texts = [value for value in inputs if isinstance(value, str)]
    tokens = sum(count_tokens(value) if isinstance(value, str) else len(value) for value in inputs)
    return Reply(
        make_body=partial(_make_body, inputs, model, dimensions, tokens, form == "base64"),
        model=model,
        prompt_text="\n".join(texts),
        prompt_tokens=tokens,
    )


def make_vector(value: str | list[int], dimensions: int) -> array[float]:
    """The vector of a text or of its token numbers."""
    pool, at, pairs = _locate(value, dimensions)
    vector = pool.values[at : at + dimensions]
    vector[: len(pairs)] = array("f", pairs)
    return vector


def _make_body(inputs: list[Any], model: str, dimensions: int, tokens: int, in_base64: bool) -> bytes:
    write = _write_base64 if in_base64 else _write_floats
    data = b",".join(
        [
            b'{"object":"embedding","index":%d,"embedding":%b}' % (index, write(value, dimensions))
            for index, value in enumerate(inputs)
        ]
    )
    usage = b'{"prompt_tokens":%d,"total_tokens":%d}' % (tokens, tokens)
    return b'{"object":"list","data":[' + data + b'],"model":' + _encode(model) + b',"usage":' + usage + b"}"


def _write_base64(value: str | list[int], dimensions: int) -> bytes:
    if dimensions % _STEP or dimensions <= _TURNED:  # no whole number of base64 groups to cut at
        return b'"' + base64.b64encode(make_vector(value, dimensions)) + b'"'
    pool, at, turned = _locate(value, dimensions)
    first, last = (at + _TURNED) * 16 // _STEP, (at + dimensions) * 16 // _STEP
    return b'"' + base64.b64encode(array("f", turned)) + pool.packed[first:last] + b'"'


def _write_floats(value: str | list[int], dimensions: int) -> bytes:
    pool, at, turned = _locate(value, dimensions)
    rest = pool.written[(at + len(turned)) * _WIDTH : (at + dimensions) * _WIDTH - 1]
    own = [b"%11.8f" % number for number in turned]
    return b"[" + b",".join([*own, rest] if rest else own) + b"]"


def _locate(value: str | list[int], dimensions: int) -> tuple[_Pool, int, list[float]]:
    """Where a value's window begins, and its own first numbers."""
    pool = _make_pool(dimensions)
    data = value.encode(errors="replace") if isinstance(value, str) else _encode(value)
    digest = blake2b(data, digest_size=2 + _TURNED).digest()
    at = int.from_bytes(digest[:2]) % _POOL_WINDOWS * _STEP
    turned: list[float] = []
    for pair in range(0, min(_TURNED, dimensions // 2 * 2), 2):
        x, y = pool.values[at + pair], pool.values[at + pair + 1]
        angle = int.from_bytes(digest[2 + pair : 4 + pair]) * (math.tau / _FULL_TURN)
        sine, cosine = math.sin(angle), math.cos(angle)
        turned += (x * cosine - y * sine, x * sine + y * cosine)
    return pool, at, turned


@lru_cache(maxsize=16)
def _make_pool(dimensions: int) -> _Pool:
    source = random.Random(dimensions)
    sizes = [abs(source.gauss(0, 1)) for _ in range(dimensions)]
    norm = math.sqrt(sum(size * size for size in sizes))
    count = dimensions + _POOL_WINDOWS * _STEP
    values = array("f", [sizes[n % dimensions] / norm * source.choice((-1, 1)) for n in range(count)])
    written = b"".join([b"%11.8f," % value for value in values])
    return _Pool(values, base64.b64encode(values[: count // _STEP * _STEP]), written)


def _read_inputs(value: Any) -> list[Any]:
    """The texts, or lists of token numbers, to embed."""
    if value is None:
        refuse_missing("input")
    if isinstance(value, str):
        values: list[Any] = [value]
    elif not isinstance(value, list):
        refuse_type("input", "one of a string, array of strings, or array of token numbers", value)
    elif value and all(type(item) is int for item in value):
        values = [value]
    else:
        values = value
    if not values or any(item in ("", []) for item in values):
        refuse(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    if len(values) > MOST_INPUTS:
        refuse(
            f"Invalid 'input': array too long. Expected an array with maximum length {MOST_INPUTS}, but got an array"
            f" with length {len(values)} instead.",
            "input",
            "array_above_max_length",
        )
    if not (all(isinstance(item, str) for item in values) or all(_is_tokens(item) for item in values)):
        refuse(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    return values


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int for item in value)


def _read_dimensions(wanted: Any, model: str) -> int:
    most = LARGE_DIMENSIONS if model.endswith("-large") else DEFAULT_DIMENSIONS
    if wanted is None:
        return most
    if type(wanted) is not int:
        refuse_type("dimensions", "an integer", wanted)
    if model == "text-embedding-ada-002":
        refuse("This model does not support specifying dimensions.")
    if wanted < 1:
        refuse(
            f"Invalid 'dimensions': integer below minimum value. Expected a value >= 1, but got {wanted} instead.",
            "dimensions",
            "integer_below_min_value",
        )
    if wanted > LARGE_DIMENSIONS or (wanted > most and model.startswith("text-embedding-")):
        refuse(
            f"Invalid value for 'dimensions' = {wanted}. Must be less than or equal to {most}.", "dimensions"
        )
    return wanted
