"""What is wrong with a plan, in words: the key, the value seen, what is allowed.  Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mock_provider.faults import AnyFault
from mock_provider.plan_schema import Plan

KINDS: dict[str, type[BaseModel]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(AnyFault)[0])
}
_TYPES = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "list_type": "an array",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def describe_problems(error: ValidationError) -> list[str]:
    """One sentence a problem, in the order of the plan."""
    return [_describe(details) for details in error.errors(include_url=False)]


def _describe(details: ErrorDetails) -> str:
    place = _place(details["loc"])
    seen = _shorten(details["input"])
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{place} is no key of the plan; {_allowed_keys(details['loc'])}"
    if kind == "missing":
        return f"{place} is missing; it has to be given"
    if kind == "union_tag_not_found":
        return f"{place} has no kind; allowed: {', '.join(KINDS)}"
    if kind == "union_tag_invalid":
        return f"{place}.kind is {_shorten(context['tag'])}; allowed: {', '.join(KINDS)}{_guess(context['tag'], KINDS)}"
    if kind == "literal_error":
        return f"{place} is {seen}; allowed: {str(context['expected']).replace(chr(39), '').replace(' or ', ', ')}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"{place} is {seen}; it must be {words} {context[name]:g}"
    if kind in _TYPES:
        return f"{place} is {seen}; it must be {_TYPES[kind]}"
    if kind == "value_error":
        return f"{place}: {context['error']}"
    return f"{place} is {seen}; {details['msg'][0].lower()}{details['msg'][1:]}"


def _place(location: Sequence[int | str]) -> str:
    """The dotted key; the tag that pydantic puts into the place of a rule is left out."""
    shown = [part for index, part in enumerate(location) if not _is_tag(location, index)]
    return ".".join(map(str, shown)) or "the plan"


def _is_tag(location: Sequence[int | str], index: int) -> bool:
    return index == 2 and location[0] == "faults" and location[index] in KINDS


def _allowed_keys(location: Sequence[int | str]) -> str:
    fields = _fields_at(location[:-1])
    return f"allowed: {', '.join(fields)}{_guess(str(location[-1]), fields)}"


def _fields_at(location: Iterable[int | str]) -> list[str]:
    """The keys of the table at a place."""
    model: type[BaseModel] = Plan
    for part in location:
        if part in KINDS:
            model = KINDS[str(part)]
        elif isinstance(part, str) and part in model.model_fields:
            model = _model_of(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is Literal:
        return None
    return next((found for part in get_args(annotation) if (found := _model_of(part))), None)


def _guess(seen: object, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(seen), list(allowed), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _shorten(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
