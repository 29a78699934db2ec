"""From a request as it came to what is decided on: endpoint, prompt, reply.  Pure.

Raises RequestRefusedError, in the real provider's words, for what it refuses.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from mock_provider.drafts import Draft
from mock_provider.engine import Behaviour, Engine, Request
from mock_provider.incoming import STEERING_HEADER, Head, Incoming
from mock_provider.plan import PlanError
from mock_provider.replies import Memory, ReplyIds, RequestRefusedError, build_reply
from mock_provider.replies.text import find_canaries
from mock_provider.routes import STREAMED, UNPACED, Route, find_route

_decode = msgspec.json.Decoder().decode


def read_request(
    incoming: Incoming, engine: Engine, *, ordinal: int, created: int, in_flight: int
) -> Request:
    """Everything that can be known before the request is admitted.  created: Unix time, for the answer."""
    head = incoming.head
    route = find_route(head.method, head.target)
    if engine.keys:
        _check_access(head.api_key, engine.keys)
    behaviour = engine.behaviour
    if STEERING_HEADER in head.headers:
        behaviour = _steer(engine, head.steering)
    draft = behaviour.drafts.recall(route, incoming.body, created)
    if draft is None:
        ids = ReplyIds(ordinal=ordinal, seed=engine.plan.seed, created=created)
        draft = _make_draft(route, incoming.body, behaviour, ids, engine.memory)
        behaviour.drafts.remember(route, incoming.body, draft)
    return Request(ordinal=ordinal, in_flight=in_flight, incoming=incoming, draft=draft, behaviour=behaviour)


def _make_draft(route: Route, body: bytes, behaviour: Behaviour, ids: ReplyIds, memory: Memory) -> Draft:
    request = _parse_body(body) if route.has_body else {}
    if route.model is not None and request.get("model") is None:
        request["model"] = route.model
    if route.id is not None:
        request.update(route.asked)
    reply = build_reply(route.endpoint, request, behaviour.script, ids, memory)
    return Draft(
        endpoint=route.endpoint,
        reply=reply,
        ids=ids,
        is_stream=request.get("stream") is True and route.endpoint in STREAMED,
        is_unpaced=route.endpoint in UNPACED,
        requested_tokens=reply.prompt_tokens + _asked_tokens(request, reply.completion_tokens),
        body_hash=hashlib.blake2b(body, digest_size=8).hexdigest(),
        canaries=find_canaries(reply.prompt_text),
    )


def name_endpoint(head: Head) -> str:
    """The endpoint of a request that was refused: unknown when its path means none."""
    try:
        return find_route(head.method, head.target).endpoint
    except RequestRefusedError:
        return "unknown"


def _check_access(key: str, keys: list[str]) -> None:
    if key in keys:
        return
    if not key:
        raise RequestRefusedError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = f"{key[:3]}***{key[-4:]}" if len(key) > 11 else "***"
    raise RequestRefusedError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def _steer(engine: Engine, text: str | None) -> Behaviour:
    try:
        return engine.steer(text)
    except PlanError as error:
        raise RequestRefusedError(
            400, f"x-mock-set: {'; '.join(error.problems)}", code="invalid_mock_setting"
        ) from error


def _parse_body(body: bytes) -> dict[str, Any]:
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestRefusedError(
            400,
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
        ) from error
    if not isinstance(request, dict):
        raise RequestRefusedError(
            400, f"Invalid body: expected an object, but got {type(request).__name__} instead."
        )
    return request


def _asked_tokens(request: dict[str, Any], completion_tokens: int) -> int:
    """What the token limit charges for the answer: what was asked for at most, else what comes."""
    for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
        asked = request.get(name)
        if isinstance(asked, int) and not isinstance(asked, bool):
            return asked
    return completion_tokens
