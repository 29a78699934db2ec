"""Names of targets: what is found, and what is said when nothing is."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import BadInputError
from harness.target.kinds import call_if_factory
from harness.target.loader import load_object

RUNNABLE = "from langchain_core.runnables import RunnableLambda\n"
Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes files of a project that is the working directory; what they import is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    known = dict(sys.modules)

    def write(name: str, source: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))

    yield write
    for name in set(sys.modules) - set(known):
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(target: str) -> str:
    with pytest.raises(BadInputError) as caught:
        load_object(target)
    return str(caught.value)


def test_a_file_and_a_name(write: Write) -> None:
    write("work/flow.py", RUNNABLE + "answer = RunnableLambda(lambda x: 'flow')")
    found = load_object("work/flow.py:answer")
    assert found.value.invoke(1) == "flow"
    assert found.root == Path("work/flow.py").resolve()


def test_a_file_may_import_its_siblings(write: Write) -> None:
    write("work/sibling_helper.py", "WORD = 'sibling'")
    write(
        "work/flow_with_sibling.py",
        RUNNABLE + "from sibling_helper import WORD\nc = RunnableLambda(lambda x: WORD)",
    )
    assert load_object("work/flow_with_sibling.py:c").value.invoke(1) == "sibling"


def test_a_file_inside_a_package_may_import_relatively(write: Write) -> None:
    write("src/shop_app/__init__.py", "")
    write("src/shop_app/words.py", "WORD = 'relative'")
    write("src/shop_app/flow.py", RUNNABLE + "from .words import WORD\nc = RunnableLambda(lambda x: WORD)")
    found = load_object("src/shop_app/flow.py:c")
    assert found.value.invoke(1) == "relative"
    assert found.root == Path("src/shop_app").resolve()


def test_a_module_of_the_working_directory(write: Write) -> None:
    write("pack_of_mine/__init__.py", "")
    write("pack_of_mine/inner.py", RUNNABLE + "c = RunnableLambda(lambda x: 'module')")
    assert load_object("pack_of_mine.inner:c").value.invoke(1) == "module"


def test_a_file_named_like_an_installed_module_is_still_itself(write: Write) -> None:
    write("json.py", RUNNABLE + "c = RunnableLambda(lambda x: 'mine')")
    assert load_object("json.py:c").value.invoke(1) == "mine"


def test_the_name_may_be_left_out_when_there_is_one_target(write: Write) -> None:
    write(
        "only.py",
        RUNNABLE + "one = RunnableLambda(lambda x: 'only')\nalias = one\n_other = RunnableLambda(len)",
    )
    assert load_object("only.py").name == "one"


def test_several_targets_are_listed_when_the_name_is_left_out(write: Write) -> None:
    write("two.py", RUNNABLE + "one = RunnableLambda(len)\ntwo = RunnableLambda(len)")
    assert "defines one, two; say which: two.py:one" in refusal("two.py")


def test_no_target_and_no_name(write: Write) -> None:
    write("none.py", "def build(): ...")
    assert "defines no Runnable and no ASGI app; name a factory: none.py:function" in refusal("none.py")


def test_a_missing_file_is_named_with_near_ones(write: Write) -> None:
    write("chain_one.py", "")
    assert "chain_on.py does not exist" in refusal("chain_on.py:c")
    assert "there: chain_one.py" in refusal("chain_on.py:c")


def test_a_directory_is_no_file(write: Write) -> None:
    write("folder/x.py", "")
    assert "folder is a directory" in refusal("./folder:c")


def test_a_missing_module_is_named(write: Write) -> None:
    write("there_is.py", "")
    assert "there is no module 'not_there'" in refusal("not_there:c")
    assert "give path/to/file.py:name" in refusal("what is this:c")


def test_a_missing_name_lists_near_misses_and_targets(write: Write) -> None:
    write("named.py", RUNNABLE + "chain_a = RunnableLambda(len)\nsize = 3")
    message = refusal("named.py:chain_b")
    assert "named.py has no 'chain_b'" in message
    assert "did you mean chain_a" in message
    assert "targets it defines: chain_a" in message


def test_a_failing_import_shows_the_user_s_lines_only(write: Write) -> None:
    write("inner_mod.py", "def connect():\n    raise RuntimeError('no database')\n")
    write("outer_mod.py", "import inner_mod\nchain = inner_mod.connect()\n")
    lines = refusal("outer_mod.py:chain").splitlines()
    assert lines[0] == "outer_mod.py cannot be imported:"
    assert lines[1].endswith("outer_mod.py:2 in <module>: chain = inner_mod.connect()")
    assert lines[2].endswith("inner_mod.py:2 in connect: raise RuntimeError('no database')")
    assert lines[3:] == ["RuntimeError: no database"]


def test_a_module_that_the_chain_misses_is_named_with_the_line_that_wants_it(write: Write) -> None:
    write("wanting.py", "import not_installed_at_all\n")
    message = refusal("wanting:chain")
    assert "wanting.py:1" in message
    assert "ModuleNotFoundError: No module named 'not_installed_at_all'" in message


def test_a_syntax_error_is_shown_with_its_line(write: Write) -> None:
    write("broken.py", "def f(:\n    pass\n")
    message = refusal("broken.py:f")
    assert "broken.py:1: def f(:" in message
    assert "SyntaxError" in message


def test_a_module_that_exits_is_a_failed_import(write: Write) -> None:
    write("leaving.py", "import sys\nsys.exit('no key')\n")
    message = refusal("leaving.py:chain")
    assert "leaving.py:2" in message
    assert "SystemExit: no key" in message


def test_a_factory_that_needs_arguments_is_refused_with_their_names() -> None:
    with pytest.raises(BadInputError, match=r"make needs arguments \(model, tools\)"):
        call_if_factory(lambda model, tools, *, size=1: None, "make")


def test_a_factory_that_fails_is_shown_with_the_user_s_lines() -> None:
    def make() -> None:
        raise ValueError("no model")

    with pytest.raises(
        BadInputError, match=r"(?s)make.. failed:.*in .*make: raise ValueError.*ValueError: no model"
    ):
        call_if_factory(make, "make")
