"""A value valid against a JSON Schema, with what the prompt says in it where it fits.  Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from mock_provider.replies.lifting import MISSING, Lifter
from mock_provider.replies.schema_rules import branches_of, resolve, type_of
from mock_provider.replies.spotting import split_name
from mock_provider.replies.strings import make_string
from mock_provider.replies.validity import is_valid

DEEP = 5  # from here on optional parts are left out, so that recursive schemas end
TOO_DEEP = 40  # a schema that requires itself has no finite value
ENOUGH_PARTS = 400  # from here on as well: wide recursive schemas are as good as endless
MOST_PARTS = 20_000  # nothing is filled beyond
MOST_ITEMS = 5_000

FillPolicy = Literal["all", "lifted"]


class SchemaFiller:
    """Fills one schema.  optional: fields not required are filled always, or only when the prompt gives them."""

    def __init__(
        self, root: Mapping[str, Any], lifter: Lifter, *, optional: FillPolicy, mark: str = ""
    ) -> None:
        self._root = root
        self._lifter = lifter
        lifter.field_names = _names_of(root)
        self._optional = optional
        self._parts = 0  # filled so far
        self._mark = mark  # ends each invented string: the canaries

    def fill(self, schema: Any, name: str = "", depth: int = 0, number: int = 0) -> Any:
        """A value for this schema; ``number`` tells the items of one list apart."""
        schema = resolve(schema, self._root)
        self._parts += 1
        if depth > TOO_DEEP or self._parts > MOST_PARTS:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choose(schema, name, number)
        branches = branches_of(schema)
        if branches:
            return self.fill(self._choose_branch(branches, depth), name, depth + 1, number)
        kind = type_of(schema, deep=self._is_late(depth))
        match kind:
            case "object":
                return self._fill_object(schema, depth)
            case "array":
                return self._fill_array(schema, name, depth)
            case "null":
                return None
            case _:
                return self._fill_scalar(kind, schema, name, number)

    def _is_late(self, depth: int) -> bool:
        """Whether only what must be is filled from here on."""
        return depth > DEEP or self._parts > ENOUGH_PARTS

    def _choose(self, schema: Mapping[str, Any], name: str, number: int) -> Any:
        values: list[Any] = schema["enum"]
        said = self._lifter.read_key(name) if name else MISSING
        if any(said == value and type(said) is type(value) for value in values):
            return said
        mentioned = [
            value for value in values if isinstance(value, str) and value and self._lifter.mentions(value)
        ]
        return mentioned[0] if mentioned and number == 0 else values[number % len(values)]

    def _choose_branch(self, branches: list[Any], depth: int) -> Any:
        resolved = [resolve(branch, self._root) for branch in branches]
        if self._is_late(depth):  # the shallowest ends the recursion soonest
            return min(resolved, key=lambda branch: (branch.get("type") != "null", "properties" in branch))
        for branch in resolved:
            title = str(branch.get("title", ""))
            if title and self._lifter.mentions(" ".join(split_name(title))):
                return branch
        return next((branch for branch in resolved if branch.get("type") != "null"), resolved[0])

    def _fill_object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = list(schema.get("required") or ())
        filled: dict[str, Any] = {}
        for key, part in (schema.get("properties") or {}).items():
            if key in required:
                filled[key] = self.fill(part, key, depth + 1)
            elif self._wants(key, part, depth):
                filled[key] = self._fill_optional(key, part, depth + 1)
        others = schema.get("additionalProperties")
        for key in [key for key in required if key not in filled]:  # named as required, described nowhere
            filled[key] = self.fill(
                others if isinstance(others, dict) else {"type": "string"}, key, depth + 1
            )
        wanted = max(
            schema.get("minProperties", 0),
            int(isinstance(others, dict) and not filled and not self._is_late(depth)),
        )
        for number in range(min(wanted - len(filled), MOST_ITEMS)):
            filled[f"key{number + 1}"] = self.fill(
                others if isinstance(others, dict) else {}, "value", depth + 1
            )
        return filled

    def _wants(self, key: str, part: Any, depth: int) -> bool:
        if self._is_late(depth):
            return False
        if self._optional == "all":
            return True
        said = self._lifter.read_key(key)
        return said is not MISSING and self.accepts(said, part)

    def _fill_optional(self, key: str, part: Any, depth: int) -> Any:
        """A value for a field that may be left out: what the prompt says, else its default, else an invented one."""
        default = part.get("default") if isinstance(part, dict) else None
        if default is not None and self.accepts(default, part):
            said = self._lifter.read_key(key)
            return said if said is not MISSING and self.accepts(said, part) else default
        return self.fill(part, key, depth)

    def accepts(self, value: Any, part: Any) -> bool:
        """Whether a value found elsewhere may stand for this part of the schema."""
        return is_valid(value, part, self._root)

    def _fill_array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        first = [self.fill(part, name, depth + 1) for part in schema.get("prefixItems") or ()]
        items = schema.get("items", {} if not first else False)
        said = self._lifter.read_key(name) if name else MISSING
        if isinstance(said, list) and self.accepts(said, schema):
            return said
        count = self._count_items(schema, items, name, depth) - len(first)
        if items is False:
            return first
        rest: list[Any] = []
        for number in range(max(count, 0) * 3):
            if len(rest) >= count:
                break
            value = self.fill(items, name, depth + 1, number)
            if not schema.get("uniqueItems") or value not in rest:
                rest.append(value)
        values = first + rest
        wanted = schema.get("contains")
        if isinstance(wanted, dict) and not any(self.accepts(value, wanted) for value in values):
            values[len(first) : len(first) + 1] = [self.fill(wanted, name, depth + 1)]
        return values

    def _count_items(self, schema: Mapping[str, Any], items: Any, name: str, depth: int) -> int:
        least, most = min(schema.get("minItems", 0), MOST_ITEMS), schema.get("maxItems", math.inf)
        if (
            self._is_late(depth) or items is False or schema.get("items") == {}
        ):  # of anything: nothing is right
            return int(least)
        return int(min(max(least, self._count_values(resolve(items, self._root), name), 1), most))

    def _count_values(self, items: Mapping[str, Any], name: str) -> int:
        """How many items the prompt has material for: the field of an object with the most of it decides."""
        fields = items.get("properties") or {name: items}
        counts: Counter[str] = Counter()
        rivals: Counter[str] = Counter()
        for key, part in fields.items():
            kind = type_of(resolve(part, self._root), deep=False)
            counts[kind] = max(counts[kind], self._lifter.count(kind, key))
            rivals[kind] += 1
        return max((counts[kind] // (rivals[kind] if kind != "string" else 1) for kind in counts), default=0)

    def _fill_scalar(self, kind: str, schema: Mapping[str, Any], name: str, number: int) -> Any:
        if number == 0 and name:
            said = self._lifter.read_key(name)
            if kind == "string" and isinstance(said, int | float) and not isinstance(said, bool):
                said = str(said)
            if said is not MISSING and self.accepts(said, schema):
                return said
        for candidate in self._lifter.candidates(kind, name):
            value = float(candidate) if kind == "number" else candidate
            if self.accepts(value, schema):
                return int(value) if kind == "number" and value == int(value) else value
        match kind:
            case "boolean":
                return True
            case "integer" | "number":
                return make_number(schema, number, whole=kind == "integer")
            case _:
                return make_string(schema, name, number, prompt=self._lifter.text, mark=self._mark)


def make_number(schema: Mapping[str, Any], number: int, *, whole: bool) -> int | float:
    """A number within the schema's bounds; ``number`` moves it along."""
    low, high = _limit(schema, "minimum", -math.inf), _limit(schema, "maximum", math.inf)
    above, below = _limit(schema, "exclusiveMinimum", -math.inf), _limit(schema, "exclusiveMaximum", math.inf)
    step = _limit(schema, "multipleOf", 0) or int(whole)
    room = min(high, below) - max(low, above)
    gap = step or (min(1.0, room / 2) if room > 0 else 0)
    low, high = max(low, above + gap), min(high, below - gap)
    start = low if low > -math.inf else min(high, 1)
    if step:
        start = (
            math.ceil(start / step) * step
            if low > -math.inf or start > 0
            else math.floor(start / step) * step
        )
    value = start + number * (step or 1)
    value = value if value <= high else start
    return int(value) if whole else value


def _limit(schema: Mapping[str, Any], key: str, default: float) -> float:
    """A bound; true and false, which older drafts allow beside minimum, are none."""
    value = schema.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def _names_of(root: Mapping[str, Any]) -> frozenset[str]:
    """The fields of a schema and of its definitions."""
    defined = root.get("$defs") or root.get("definitions") or {}
    schemas = [root, *(defined.values() if isinstance(defined, dict) else ())]
    found = [schema.get("properties") for schema in schemas if isinstance(schema, dict)]
    return frozenset(name for properties in found if isinstance(properties, dict) for name in properties)
