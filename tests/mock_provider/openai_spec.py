"""OpenAI's published schema, where it is at hand: tests that need it are skipped elsewhere."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

SPEC = Path(__file__).parents[3] / "shared" / "data" / "openai-spec.json"


@lru_cache(maxsize=64)
def _validator(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    if not SPEC.exists():
        pytest.skip("OpenAI's schema is not beside the project")
    components = json.loads(SPEC.read_text(encoding="utf-8"))["components"]
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})


def problems_of(instance: Any, name: str) -> list[str]:
    """What the schema of this name finds wrong, one line a problem; skips the test when there is no schema."""
    return [f"{error.json_path}: {error.message[:300]}" for error in _validator(name).iter_errors(instance)]
