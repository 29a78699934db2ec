"""Checks of single request fields: type and range, in the real provider's words.  Pure."""

from __future__ import annotations

from typing import Any

from mock_provider.replies.refusals import (
    JSON_TYPE_NAMES,
    refuse,
    refuse_long,
    refuse_many,
    refuse_type,
    refuse_value,
)

NUMBERS = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
INTEGERS = {
    "n": (1, 128),
    "best_of": (0, 20),
    "max_tokens": (1, None),
    "max_completion_tokens": (1, None),
    "max_output_tokens": (16, None),
    "max_tool_calls": (0, None),
    "top_logprobs": (0, 20),
    "seed": (-(1 << 63), 1 << 63),
}
TYPED: dict[str, tuple[type, str]] = {
    "stream": (bool, "a boolean"),
    "store": (bool, "a boolean"),
    "parallel_tool_calls": (bool, "a boolean"),
    "background": (bool, "a boolean"),
    "echo": (bool, "a boolean"),
    "stream_options": (dict, "an object"),
    "logit_bias": (dict, "an object"),
    "metadata": (dict, "an object"),
    "response_format": (dict, "an object"),
    "reasoning": (dict, "an object"),
    "text": (dict, "an object"),
    "user": (str, "a string"),
    "safety_identifier": (str, "a string"),
    "prompt_cache_key": (str, "a string"),
    "instructions": (str, "a string"),
    "previous_response_id": (str, "a string"),
    "tools": (list, "an array of objects"),
    "functions": (list, "an array of objects"),
    "modalities": (list, "an array of strings"),
    "include": (list, "an array of strings"),
}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITIES = ("low", "medium", "high")
CHOICES = {
    "reasoning_effort": EFFORTS,
    "verbosity": VERBOSITIES,
    "service_tier": ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
    "truncation": ("auto", "disabled"),
    "prompt_cache_retention": ("in_memory", "24h"),
}
_CHECKED = frozenset((*NUMBERS, *INTEGERS, *TYPED, *CHOICES))
MOST_STOPS = 4
MOST_METADATA = 16
LONGEST_METADATA = 512


def check_fields(request: dict[str, Any]) -> None:
    """Refuse a field of the wrong type or out of its range; null stands for the default everywhere."""
    for key, value in request.items():
        if key not in _CHECKED or value is None:
            continue
        if key in TYPED:
            wanted, words = TYPED[key]
            if type(value) is not wanted:
                refuse_type(key, words, value)
        elif key in CHOICES:
            if value not in CHOICES[key]:
                refuse_value(key, value, CHOICES[key])
        elif key in NUMBERS:
            _check_number(key, value)
        else:
            _check_integer(key, value)
    if request.get("metadata"):
        _check_metadata(request["metadata"])


def _check_metadata(metadata: dict[str, Any]) -> None:
    if len(metadata) > MOST_METADATA:
        refuse(
            f"Invalid 'metadata': too many properties. Expected an object with at most {MOST_METADATA} properties, but"
            f" got an object with {len(metadata)} properties instead.",
            "metadata",
            "object_above_max_properties",
        )
    for key, value in metadata.items():
        if not isinstance(value, str):
            refuse_type(f"metadata.{key}", "a string", value)
        if len(value) > LONGEST_METADATA:
            refuse_long(f"metadata.{key}", value, LONGEST_METADATA)


def _check_number(key: str, value: Any) -> None:
    if type(value) not in (int, float):
        refuse_type(key, "a decimal", value)
    low, high = NUMBERS[key]
    if not low <= value <= high:
        _refuse_range(key, value, "decimal", low, high)


def _check_integer(key: str, value: Any) -> None:
    if type(value) is not int:
        refuse_type(key, "an integer", value)
    low, high = INTEGERS[key]
    if value < low or (high is not None and value > high):
        _refuse_range(key, value, "integer", low, high)


def _refuse_range(key: str, value: float, kind: str, low: float, high: float | None) -> None:
    if value < low:
        refuse(
            f"Invalid '{key}': {kind} below minimum value. Expected a value >= {low}, but got {value} instead.",
            key,
            f"{kind}_below_min_value",
        )
    refuse(
        f"Invalid '{key}': {kind} above maximum value. Expected a value <= {high}, but got {value} instead.",
        key,
        f"{kind}_above_max_value",
    )


def read_stops(stop: Any) -> tuple[str, ...]:
    """The stop sequences: null, one string, or a list of up to four."""
    if stop is None:
        return ()
    if isinstance(stop, str):
        return (stop,)
    if not isinstance(stop, list) or not all(isinstance(item, str) for item in stop):
        got = JSON_TYPE_NAMES.get(type(stop), "another type")
        refuse(
            f"Invalid type for 'stop': expected one of a string or array of strings, but got {got} instead.",
            "stop",
            "invalid_type",
        )
    if len(stop) > MOST_STOPS:
        refuse_many("stop", stop, MOST_STOPS)
    return tuple(stop)
