"""Equal requests are read once, and their answers are as if each had been."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from mock_provider.drafts import MOST_DRAFTS, Draft
from mock_provider.engine import Engine
from mock_provider.incoming import Incoming, read_head
from mock_provider.plan import load_plan
from mock_provider.reading import read_request
from mock_provider.replies import ReplyIds
from mock_provider.wire import unframe

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
BODIES: list[dict[str, Any]] = [
    {},
    {"n": 3},
    {"tools": [TOOL], "tool_choice": "required"},
    {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "json please"}]},
]


def read(engine: Engine, body: dict[str, Any], ids: ReplyIds, path: str = "/v1/chat/completions") -> Draft:
    base = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Please look at this now"}]}
    data = json.dumps({name: value for name, value in (base | body).items() if value is not None}).encode()
    incoming = Incoming(head=read_head("POST", path.encode(), {}), body=data)
    return read_request(incoming, engine, ordinal=ids.ordinal, created=ids.created, in_flight=1).draft


def ids_of(ordinal: int, created: int = 1_700_000_000) -> ReplyIds:
    return ReplyIds(ordinal=ordinal, created=created)


def new_engine() -> Engine:
    return Engine(load_plan(), start_s=0.0)


def without_ids(data: bytes) -> bytes:
    return re.sub(rb"[0-9a-f]{20,24}", b"ID", data)


@pytest.mark.parametrize("body", BODIES)
def test_recalled_answer_is_the_one_made_anew_but_for_its_ids(body: dict[str, Any]) -> None:
    engine, first, second = new_engine(), ids_of(1), ids_of(2)
    kept = read(engine, body, first)
    assert read(engine, body, second) is kept
    fresh = read(new_engine(), body, second)
    assert without_ids(kept.body(second.ordinal)) == without_ids(fresh.body(second.ordinal))
    assert list(map(without_ids, kept.events(second.ordinal))) == list(
        map(without_ids, fresh.events(second.ordinal))
    )
    assert unframe(kept.whole_stream(second.ordinal)) == b"".join(kept.events(second.ordinal))


@pytest.mark.parametrize("body", BODIES)
def test_recalled_answers_have_ids_of_their_own(body: dict[str, Any]) -> None:
    draft = read(new_engine(), body, ids_of(1))
    answers = [draft.body(ordinal) for ordinal in range(1, 50)]
    found = [set(re.findall(rb"(?:chatcmpl-|call_)([0-9a-f]+)", answer)) for answer in answers]
    assert len(set.union(*found)) == sum(map(len, found))


def test_answer_of_another_second_is_made_anew() -> None:
    engine = new_engine()
    kept = read(engine, {}, ids_of(1))
    later = read(engine, {}, ids_of(2, created=1_700_000_001))
    assert later is not kept
    assert json.loads(later.body(later.ids.ordinal))["created"] == 1_700_000_001


def test_path_of_a_deployment_is_not_mixed_up_with_others() -> None:
    engine = new_engine()
    read(engine, {}, ids_of(1))
    for name in ("mine", "yours"):
        path = f"/openai/deployments/{name}/chat/completions"
        assert read(engine, {"model": None}, ids_of(2), path=path).reply.model == name


def test_drafts_do_not_grow_without_bound() -> None:
    engine = new_engine()
    for number in range(MOST_DRAFTS * 2):
        read(engine, {"messages": [{"role": "user", "content": str(number)}]}, ids_of(number))
    assert len(engine.behaviour.drafts._drafts) <= MOST_DRAFTS
