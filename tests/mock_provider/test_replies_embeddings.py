"""Vectors of length one, the same for the same text whatever the encoding."""

from __future__ import annotations

import base64
import math
from array import array

import pytest
from asking import ask, read

SMALL = "text-embedding-3-small"


def vectors(value: object, **fields: object) -> list[list[float]]:
    return [item["embedding"] for item in read(ask("embeddings", model=SMALL, input=value, **fields))["data"]]


@pytest.mark.parametrize(("model", "dimensions"), [(SMALL, 1536), ("text-embedding-3-large", 3072)])
def test_dimensions_are_the_models(model: str, dimensions: int) -> None:
    assert len(read(ask("embeddings", model=model, input="a"))["data"][0]["embedding"]) == dimensions


@pytest.mark.parametrize("dimensions", [1, 2, 3, 17, 256, 1536])
def test_length_is_one(dimensions: int) -> None:
    (vector,) = vectors("hello", dimensions=dimensions)
    assert len(vector) == dimensions
    assert math.isclose(math.fsum(x * x for x in vector), 1, abs_tol=1e-5)


def test_base64_holds_the_same_numbers() -> None:
    answer = read(ask("embeddings", model=SMALL, input="hello", encoding_format="base64"))
    unpacked = array("f", base64.b64decode(answer["data"][0]["embedding"]))
    assert unpacked.tolist() == pytest.approx(vectors("hello")[0], abs=1e-7)


def test_different_texts_point_elsewhere() -> None:
    found = vectors([f"text {n}" for n in range(200)])
    assert len({tuple(vector) for vector in found}) == 200
    products = [math.fsum(a * b for a, b in zip(found[0], other, strict=True)) for other in found[1:]]
    assert max(map(abs, products)) < 0.2


def test_input_forms_are_embedded_alike() -> None:
    assert vectors("hello") == vectors(["hello"])
    assert vectors([1, 2, 3]) == vectors([[1, 2, 3]])
    assert vectors(["a", "b"])[1] == vectors("b")[0]


def test_usage_counts_tokens_of_all_inputs() -> None:
    reply = ask("embeddings", model=SMALL, input=[[1, 2, 3], [4]])
    assert read(reply)["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert reply.events == []
