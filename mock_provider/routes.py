"""Which endpoint a path means.  Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from mock_provider.replies import ENDPOINTS, RequestRefusedError

_PREFIXES = ("/v1", "/openai/v1")
_PATHS = {
    "/chat/completions": ("POST", "chat.completions"),
    "/completions": ("POST", "completions"),
    "/responses": ("POST", "responses"),
    "/embeddings": ("POST", "embeddings"),
    "/moderations": ("POST", "moderations"),
    "/models": ("GET", "models"),
}
_AZURE = re.compile(r"/openai/deployments/([^/]+)(/.+)")
_MODEL = re.compile(r"(?:/openai)?/v1/models/(.+)")
STREAMED = ("chat.completions", "completions", "responses")
UNPACED = ("models", "models.retrieve")  # no generation behind them: no service time, no limits, no slot


class Route(msgspec.Struct, frozen=True):
    """An endpoint of ``replies.ENDPOINTS``, and the model when the path names it."""

    method: str
    endpoint: str
    model: str | None = None


CHAT = Route("POST", "chat.completions")
_ROUTES = {
    prefix + path: CHAT if endpoint == CHAT.endpoint else Route(method, endpoint)
    for prefix in _PREFIXES
    for path, (method, endpoint) in _PATHS.items()
    if endpoint in ENDPOINTS
}
_DIRECT = {(route.method, path.encode()): route for path, route in _ROUTES.items()}


def find_route(method: str, target: bytes) -> Route:
    """The route of a request; target: path and query.  Raises RequestRefusedError: 404 or 405."""
    return _DIRECT.get((method, target)) or _find_by_path(
        method, target.partition(b"?")[0].decode("utf-8", "replace")
    )


def _find_by_path(method: str, path: str) -> Route:
    route = _ROUTES.get(path) or _find_by_pattern(path)
    if route is None:
        raise RequestRefusedError(404, f"Invalid URL ({method} {path})")
    if route.method != method:
        raise RequestRefusedError(
            405,
            f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to use a different HTTP method?)",
            code="method_not_supported",
        )
    return route


def _find_by_pattern(path: str) -> Route | None:
    if match := _AZURE.fullmatch(path):
        route = _ROUTES.get(f"/v1{match.group(2)}")
        return route and Route(route.method, route.endpoint, unquote(match.group(1)))
    if match := _MODEL.fullmatch(path):
        return Route("GET", "models.retrieve", unquote(match.group(1)))
    return None
