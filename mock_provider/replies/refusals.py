"""What the real provider refuses, in its words.  Pure."""

from __future__ import annotations

from typing import Any, NoReturn

JSON_TYPE_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    type(None): "null",
}


class RequestRefusedError(Exception):
    """The request itself is wrong: answered with this status and an error body of these four fields."""

    def __init__(
        self,
        status: int,
        message: str,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code


def refuse(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> NoReturn:
    """Raise RequestRefusedError for a bad request."""
    raise RequestRefusedError(status, message, "invalid_request_error", param, code)


def refuse_missing(param: str) -> NoReturn:
    refuse(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def refuse_type(param: str, expected: str, value: Any) -> NoReturn:
    got = JSON_TYPE_NAMES.get(type(value), type(value).__name__)
    refuse(f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param, "invalid_type")


def refuse_value(param: str, value: Any, supported: tuple[str, ...]) -> NoReturn:
    quoted = [f"'{name}'" for name in supported]
    listed = ", ".join(quoted[:-1]) + f", and {quoted[-1]}" if len(quoted) > 1 else quoted[0]
    refuse(f"Invalid value: '{value}'. Supported values are: {listed}.", param, "invalid_value")


def refuse_empty(param: str) -> NoReturn:
    refuse(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param,
        "empty_array",
    )


def refuse_long(param: str, value: str, most: int) -> NoReturn:
    refuse(
        f"Invalid '{param}': string too long. Expected a string with maximum length {most}, but got a string with"
        f" length {len(value)} instead.",
        param,
        "string_above_max_length",
    )


def refuse_many(param: str, value: list[Any], most: int) -> NoReturn:
    refuse(
        f"Invalid '{param}': array too long. Expected an array with maximum length {most}, but got an array with length"
        f" {len(value)} instead.",
        param,
        "array_above_max_length",
    )
