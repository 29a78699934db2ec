"""Errors in the provider's shape and words.  Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_provider.answer import Answer

_QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
)
_SERVER = "The server had an error while processing your request. Sorry about that!"

# status: (message, type, code)
USUAL_ERRORS: dict[int, tuple[str, str, str | None]] = {
    400: ("The request could not be processed.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: (
        "You do not have access to this resource.",
        "invalid_request_error",
        "unsupported_country_region_territory",
    ),
    404: ("The requested resource does not exist.", "invalid_request_error", None),
    408: ("The request took too long.", "invalid_request_error", None),
    409: ("The resource was changed by another request.", "invalid_request_error", None),
    422: ("The request was well formed but could not be followed.", "invalid_request_error", None),
    429: ("Rate limit reached. Please try again later.", "requests", "rate_limit_exceeded"),
    500: (_SERVER, "server_error", None),
    502: ("Bad gateway.", "server_error", None),
    503: ("The engine is currently overloaded, please try again later", "server_error", "overloaded"),
    504: ("Gateway timeout.", "server_error", None),
    529: ("The engine is currently overloaded, please try again later", "server_error", "overloaded"),
}


def error_value(message: str, kind: str, param: str | None, code: str | None) -> dict[str, Any]:
    """The four fields, all of them always there."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def error_answer(
    status: int,
    message: str,
    kind: str,
    *,
    param: str | None = None,
    code: str | None = None,
    first_s: float = 0.0,
) -> Answer:
    """An answer that is an error."""
    body = msgspec.json.encode(error_value(message, kind, param, code))
    return Answer(status=status, pieces=[body], first_s=first_s)


def usual_error(status: int, code: str | None = None) -> tuple[str, str, str | None]:
    """Message, type and code that go with a status."""
    if code == "insufficient_quota":
        return _QUOTA, "insufficient_quota", code
    message, kind, usual_code = USUAL_ERRORS.get(
        status,
        (_SERVER, "server_error", None)
        if status >= 500
        else (f"Error {status}.", "invalid_request_error", None),
    )
    return message, kind, code or usual_code


def quota_answer() -> Answer:
    """Out of money: no retry-after, for waiting does not help."""
    message, kind, code = usual_error(429, "insufficient_quota")
    return error_answer(429, message, kind, code=code)
