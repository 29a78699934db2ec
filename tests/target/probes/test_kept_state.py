"""What user code keeps between requests: found where it is kept, without touching anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from harness.target.probes.kept_places import find_place
from harness.target.probes.kept_walk import Kept, find_kept
from harness.tracing import canary_of

SOURCE = """
from contextvars import ContextVar
from functools import partial

from langchain_core.chat_history import InMemoryChatMessageHistory

LOG = []
store = {}
particulars = ContextVar("particulars", default={})


class Memory:
    seen = set()

    def __init__(self):
        self.turns: list[str] = []
        self.current = ""

    def take(self, text):
        self.current = text

    def remember(self, text):
        self.turns.append(text)


memory = Memory()


def history_of(session):
    if session not in store:
        store[session] = InMemoryChatMessageHistory()
    return store[session]


def make():
    kept = []

    def answer(text, past=[]):
        kept.append(text)
        past.append(text)
        LOG.append(text)

    return answer


answer = make()


class Room:
    __slots__ = ("pupils", "unset")

    def __init__(self):
        self.pupils = {}

    def open(self, session, subject):
        return self.pupils.setdefault((subject, session), [])


open_room = partial(Room().open, subject="maths")
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "keeps_things.py"
    path.write_text(SOURCE)
    made = ModuleType("keeps_things")
    made.__file__ = str(path)
    sys.modules["keeps_things"] = made
    exec(compile(SOURCE, str(path), "exec"), made.__dict__)
    yield made
    del sys.modules["keeps_things"]


def sizes(module: ModuleType) -> dict[str, int]:
    return {name: size for (_, name), size in look(module).sizes.items()}


def look(module: ModuleType) -> Kept:
    return find_kept([module], [], lambda file: file == module.__file__)


def test_variables_closures_defaults_and_attributes_are_counted(module: ModuleType) -> None:
    for text in "abc":
        module.answer(text)
        module.memory.remember(text)
    found = sizes(module)
    assert [found[name] for name in ("LOG", "kept", "past", "turns")] == [3, 3, 3, 3]


def test_partial_functions_and_slots_are_looked_into(module: ModuleType) -> None:
    for number in range(3):
        module.open_room(number)
    assert sizes(module)["pupils"] == 3


@pytest.mark.filterwarnings("ignore:.*InMemoryChatMessageHistory")
def test_what_holds_text_of_a_request_is_marked(module: ModuleType) -> None:
    text = f"asked by {canary_of('0' * 32)}"
    assert not look(module).marked
    module.memory.current = text
    module.particulars.get()["claimant"] = text
    module.history_of("all").add_user_message(text)
    module.memory.remember("nobody's")
    assert {name for _, name in look(module).marked} == {"current", "particulars", "store"}


@pytest.mark.filterwarnings("ignore:.*InMemoryChatMessageHistory")  # still what most chains use
def test_a_librarys_history_counts_under_the_users_name(module: ModuleType) -> None:
    for number in range(4):
        module.history_of("all").add_user_message(str(number))
    assert sizes(module)["store"] == 1 + 4


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("LOG", "LOG.append(text)"),
        ("store", "store[session] = InMemoryChatMessageHistory()"),
        ("turns", "self.turns.append(text)"),
        ("seen", "seen = set()"),
        ("current", "self.current = text"),
        ("pupils", "return self.pupils.setdefault((subject, session), [])"),
    ],
)
def test_the_place_is_where_it_is_added_to_else_made(name: str, place: str) -> None:
    found = find_place(SOURCE, name)
    assert found is not None
    assert SOURCE.splitlines()[found[0] - 1].strip() == place


def test_what_the_source_does_not_name_has_no_place() -> None:
    assert find_place(SOURCE, "absent") is None
    assert find_place("not python (", "LOG") is None
