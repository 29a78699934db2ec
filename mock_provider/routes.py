"""Which endpoint a path means.  Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from mock_provider.replies import STORED, RequestRefusedError

_PREFIXES = ("/v1", "/openai/v1", "/openai")  # the last two are Azure's, the latter with ?api-version=
_PATHS = {
    ("POST", "/chat/completions"): "chat.completions",
    ("GET", "/chat/completions"): "chat.completions.list",
    ("POST", "/completions"): "completions",
    ("POST", "/responses"): "responses",
    ("POST", "/responses/compact"): "responses.compact",
    ("POST", "/responses/input_tokens"): "responses.input_tokens",
    ("POST", "/conversations"): "conversations",
    ("POST", "/embeddings"): "embeddings",
    ("POST", "/moderations"): "moderations",
    ("GET", "/models"): "models",
}
_PATTERNS = {  # the group is the object's id, or the model's name
    ("GET", r"/chat/completions/([^/]+)"): "chat.completions.retrieve",
    ("POST", r"/chat/completions/([^/]+)"): "chat.completions.update",
    ("DELETE", r"/chat/completions/([^/]+)"): "chat.completions.delete",
    ("GET", r"/chat/completions/([^/]+)/messages"): "chat.completions.messages",
    ("GET", r"/responses/([^/]+)"): "responses.retrieve",
    ("DELETE", r"/responses/([^/]+)"): "responses.delete",
    ("POST", r"/responses/([^/]+)/cancel"): "responses.cancel",
    ("GET", r"/responses/([^/]+)/input_items"): "responses.input_items",
    ("GET", r"/conversations/([^/]+)"): "conversations.retrieve",
    ("POST", r"/conversations/([^/]+)"): "conversations.update",
    ("DELETE", r"/conversations/([^/]+)"): "conversations.delete",
    ("POST", r"/conversations/([^/]+)/items"): "conversations.items",
    ("GET", r"/conversations/([^/]+)/items"): "conversations.items.list",
    ("GET", r"/conversations/([^/]+/items/[^/]+)"): "conversations.items.retrieve",
    ("DELETE", r"/conversations/([^/]+/items/[^/]+)"): "conversations.items.delete",
    ("GET", r"/models/(.+)"): "models.retrieve",
    ("DELETE", r"/models/(.+)"): "models.delete",
}
_AZURE = re.compile(r"/openai/deployments/([^/]+)(/.+)")
STREAMED = ("chat.completions", "completions", "responses", "responses.retrieve")
UNPACED = (
    "models",
    "models.retrieve",
    *STORED,
)  # no generation behind them: no service time, no limits, no slot


class Route(msgspec.Struct, frozen=True):
    """An endpoint of ``replies.ENDPOINTS``, and the model or stored object when the path names it."""

    method: str
    endpoint: str
    model: str | None = None
    id: str | None = None
    query: str = ""  # only of stored objects

    @property
    def asked(self) -> dict[str, Any]:
        """What path and query ask for."""
        asked: dict[str, Any] = dict(parse_qsl(self.query))
        if self.id is not None:
            asked["id"] = self.id
        if "stream" in asked:
            asked["stream"] = asked["stream"].lower() == "true"
        return asked

    @property
    def has_body(self) -> bool:
        return self.method == "POST" and self.endpoint != "responses.cancel"


CHAT = Route("POST", "chat.completions")
_DIRECT = {
    (method, (prefix + path).encode()): CHAT if endpoint == CHAT.endpoint else Route(method, endpoint)
    for prefix in _PREFIXES
    for (method, path), endpoint in _PATHS.items()
}
_COMPILED = [
    (method, re.compile(rf"(?:/v1|/openai/v1|/openai){path}"), endpoint)
    for (method, path), endpoint in _PATTERNS.items()
]


def find_route(method: str, target: bytes) -> Route:
    """The route of a request; target: path and query.  Raises RequestRefusedError: 404 or 405."""
    return _DIRECT.get((method, target)) or _find_by_path(method, target)


def _find_by_path(method: str, target: bytes) -> Route:
    path = target.partition(b"?")[0]
    written, _, query = target.decode("utf-8", "replace").partition("?")
    route = (
        _DIRECT.get((method, path))
        or _find_deployment(method, written)
        or _find_named(method, written, query)
    )
    if route is not None:
        return route
    if not any(_exists(other, path, written) for other in ("GET", "POST", "DELETE")):
        raise RequestRefusedError(404, f"Invalid URL ({method} {written})")
    raise RequestRefusedError(
        405,
        f"Not allowed to {method} on {written}. (HINT: Perhaps you meant to use a different HTTP method?)",
        code="method_not_supported",
    )


def _exists(method: str, path: bytes, written: str) -> bool:
    return (method, path) in _DIRECT or bool(
        _find_deployment(method, written) or _find_named(method, written)
    )


def _find_deployment(method: str, path: str) -> Route | None:
    """Azure's way to name a model."""
    match = _AZURE.fullmatch(path)
    route = match and _DIRECT.get((method, f"/v1{match.group(2)}".encode()))
    return Route(route.method, route.endpoint, unquote(match.group(1))) if match and route else None


def _find_named(method: str, path: str, query: str = "") -> Route | None:
    for wanted, pattern, endpoint in _COMPILED:
        match = pattern.fullmatch(path) if wanted == method else None
        if match:
            name = unquote(match.group(1))
            return (
                Route(method, endpoint, name)
                if endpoint.startswith("models.")
                else Route(method, endpoint, id=name, query=query)
            )
    return None
