"""The small parts of the target, by themselves."""

from __future__ import annotations

import dataclasses
import resource
from pathlib import Path
from typing import Any

import numpy
import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage

from harness.records import Frame
from harness.settings import RunSettings
from harness.target.addresses import is_loopback
from harness.target.frames import FrameReader, shorten
from harness.target.inputs import merge_configs, split_config
from harness.target.limits import file_limit_problem
from harness.target.serialise import MAX_BYTES, to_json, to_plain


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "[::1]",
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "0.0.0.0",
        "::ffff:127.0.0.1",
    ],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["192.168.1.1", "localhost.example.com", "128.0.0.1", "2001:db8::1", "::ffff:8.8.8.8"]
)
def test_other_machines(host: str) -> None:
    assert not is_loopback(host)


def test_too_few_files_for_the_users_are_said() -> None:
    settings = RunSettings(name="n", target="t", steps=(10, 500))
    assert file_limit_problem(settings, 1700) is None
    assert file_limit_problem(settings, resource.RLIM_INFINITY) is None
    assert "500 users may need 1700" in str(file_limit_problem(settings, 1024))


@dataclasses.dataclass
class Answer:
    text: str


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": [1, None, True]}, {"a": [1, None, True]}),
        (Answer("x"), {"text": "x"}),
        (numpy.float64(1.5), 1.5),
        (numpy.array([1, 2]), [1, 2]),
        (Path("a"), "a"),
        (ValueError("v"), "ValueError('v')"),
    ],
)
def test_values_become_json(value: Any, plain: Any) -> None:
    assert to_plain(value) == plain


def test_messages_and_documents_keep_their_fields() -> None:
    assert to_plain(AIMessage("hi"))["content"] == "hi"
    assert to_plain([Document("text", metadata={"k": 1})])[0]["metadata"] == {"k": 1}


def test_outputs_are_bounded() -> None:
    encoded = to_json("x" * (MAX_BYTES + 10))
    assert len(encoded) < 3_000
    assert to_plain("x" * (MAX_BYTES + 10))["truncated"] is True


def test_a_pair_with_a_config_is_told_from_an_input_that_is_a_pair() -> None:
    assert split_config(("x", {"tags": []})) == ("x", {"tags": []})
    assert split_config(("human", "hi")) == (("human", "hi"), None)


def test_configs_are_merged_one_level_down() -> None:
    base = {"configurable": {"a": 1, "b": 1}, "tags": ["x"]}
    assert merge_configs(base, {"configurable": {"b": 2}}) == {
        "configurable": {"a": 1, "b": 2},
        "tags": ["x"],
    }
    assert merge_configs(base, None) == base


def test_frames_of_libraries_the_standard_library_and_chainload_are_not_the_user_s(tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "site-packages" / "shop"
    reader = FrameReader([installed])
    import asyncio

    import harness.settings

    assert reader.is_user(str(tmp_path / "app.py"))
    assert reader.is_user(str(installed / "chain.py"))  # the target itself may be installed
    assert not reader.is_user(str(tmp_path / "lib" / "site-packages" / "other.py"))
    assert not reader.is_user(asyncio.__file__)
    assert not reader.is_user(harness.settings.__file__)
    assert not reader.is_user("<frozen importlib._bootstrap>")


def test_the_user_s_frames_survive_shortening() -> None:
    frames = [Frame(file=f"{n}", line=n, function="f", is_user=n == 5) for n in range(300)]
    kept = shorten(frames, 50)
    assert len(kept) == 50
    assert [frame.line for frame in kept][:2] == [5, 251]
