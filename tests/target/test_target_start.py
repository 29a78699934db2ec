"""How a target starts, and what it says when it cannot."""

from __future__ import annotations

import os
import signal
import socket
import textwrap
from pathlib import Path

import pytest
from target_process import Provider, StartTarget, eventually

from harness.errors import TargetError
from harness.target.process import listen

CHAIN = """
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    chain = ChatPromptTemplate.from_template("{question} for {name}") | ChatOpenAI(model="m")
    """


def refusal(
    start_target: StartTarget, source: str | None, name: str = "chain", /, **settings: object
) -> TargetError:
    with pytest.raises(TargetError) as caught:
        start_target(source, name, **settings)
    return caught.value


def test_a_target_says_what_it_is_and_what_was_guessed(start_target: StartTarget) -> None:
    target = start_target(CHAIN)
    assert target.ready is not None
    data = target.ready.data
    assert data["kind"] == "runnable"
    assert data["description"] == "RunnableSequence: ChatPromptTemplate | ChatOpenAI"
    assert set(data["input"]) == {"question", "name"}
    (trial,) = target.invocations()
    assert (trial.step, trial.outcome) == (None, "ok")


def test_an_app_says_that_it_is_one(start_target: StartTarget) -> None:
    target = start_target("from fastapi import FastAPI\napp = FastAPI()", "app")
    assert target.ready is not None
    assert target.ready.data.items() >= {"kind": "asgi", "description": "FastAPI"}.items()


def test_the_user_s_mistakes_end_with_exit_code_2(start_target: StartTarget) -> None:
    error = refusal(start_target, "chain = 3")
    assert error.exit_code == 2
    assert "chain is an int (3)" in str(error)
    assert "a target is a Runnable" in str(error)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("async def chain():\n    return {'a': 1}", "wrap it: RunnableParallel"),
        (
            "from langgraph.graph import StateGraph\nchain = StateGraph(dict)",
            "a graph must be compiled first: chain = chain.compile()",
        ),
        ("async def chain():\n    raise ValueError('no key')", "in chain: raise ValueError('no key')"),
    ],
)
def test_an_object_that_is_no_target_is_named(start_target: StartTarget, source: str, words: str) -> None:
    error = refusal(start_target, source)
    assert words in str(error)
    assert error.exit_code == 2


def test_an_app_whose_startup_fails_is_a_target_that_failed(start_target: StartTarget) -> None:
    source = """
        import contextlib
        from fastapi import FastAPI

        @contextlib.asynccontextmanager
        async def lifespan(app):
            raise RuntimeError("no database")
            yield

        app = FastAPI(lifespan=lifespan)
        """
    error = refusal(start_target, source, "app")
    assert error.exit_code == 4
    assert "the app's startup failed" in str(error)
    assert "no database" in str(error)


def test_an_input_that_was_guessed_wrong_is_said_before_the_load(start_target: StartTarget) -> None:
    source = """
        from langchain_core.runnables import RunnableLambda

        def route(order):
            return order.customer["id"]

        chain = RunnableLambda(route)
        """
    error = refusal(start_target, source)
    assert error.exit_code == 2
    assert "one was guessed from the chain's input schema" in str(error)
    assert "AttributeError: 'str' object has no attribute 'customer'" in str(error)
    assert "--input JSON" in str(error)


def test_an_error_of_the_provider_at_the_trial_is_no_failure(
    start_target: StartTarget, provider: Provider
) -> None:
    provider.reply = lambda prompt: {"choices": None}
    target = start_target(CHAIN)
    assert "the trial call before the load failed" in str(target.events("notice")[0].message)


def test_an_error_about_the_answer_at_the_trial_is_no_failure(start_target: StartTarget) -> None:
    source = """
        from langchain_core.output_parsers import JsonOutputParser
        from langchain_core.prompts import ChatPromptTemplate
        from langchain_openai import ChatOpenAI

        chain = ChatPromptTemplate.from_template("{question}") | ChatOpenAI(model="m") | JsonOutputParser()
        """
    assert "OutputParserException" in str(start_target(source).events("notice")[0].message)


def test_a_broken_inputs_file_is_refused_line_by_line(start_target: StartTarget, tmp_path: Path) -> None:
    inputs = tmp_path / "inputs.jsonl"
    inputs.write_text('{"question": 1}\n\nnonsense\n{"question"\n')
    error = refusal(start_target, CHAIN, inputs=str(inputs))
    assert error.exit_code == 2
    assert "inputs.jsonl:3: not JSON" in str(error)
    assert "inputs.jsonl:4: not JSON" in str(error)


def test_inputs_of_a_file_are_taken_in_turn(start_target: StartTarget, tmp_path: Path) -> None:
    (tmp_path / "inputs.jsonl").write_text('"a {user}"\n"b"\n"c"\n')
    target = start_target(
        """
        from langchain_core.runnables import RunnableLambda
        chain = RunnableLambda(lambda text: text)
        """,
        inputs=str(tmp_path / "inputs.jsonl"),
    )
    taken = [
        target.post("/invoke", user=user, sequence=n).json()["output"] for user in (0, 1) for n in range(3)
    ]
    assert taken == ["a 0", "b", "c", "b", "c", "a 1"]


FUNCTION = """
    import asyncio
    from langchain_core.messages import HumanMessage
    from langchain_core.runnables import RunnableLambda

    def make(user, sequence):
        return [HumanMessage("{canary} " + str(user))], {"configurable": {"session": f"s{sequence}"}}

    async def make_later(user, sequence):
        await asyncio.sleep(0)
        return ("human", "hi {user}")

    def fails(user, sequence):
        return 1 / user

    def needs_more(user, sequence, extra): ...

    def reply(messages, config):
        if isinstance(messages, (list, tuple)) and isinstance(messages[0], str):
            return list(messages)
        return [messages[0].content, config["configurable"]]

    chain = RunnableLambda(reply)
    """


def test_a_function_of_the_user_makes_inputs_and_configs(start_target: StartTarget) -> None:
    target = start_target(
        FUNCTION, inputs="app.py:make", config_json='{"configurable": {"tenant": "t{user}"}}'
    )
    text, configurable = target.post("/invoke", user=3, sequence=4).json()["output"]
    assert text.startswith("cnry")
    assert text.endswith(" 3")
    assert configurable == {"tenant": "t3", "session": "s4"}


def test_the_function_may_be_a_coroutine_function_and_a_pair_may_be_an_input(
    start_target: StartTarget,
) -> None:
    target = start_target(FUNCTION, inputs="app.py:make_later")
    assert target.post("/invoke", user=3).json()["output"] == ["human", "hi 3"]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("fails", "in fails: return 1 / user"),
        ("needs_more", "missing a required argument: 'extra'"),
        ("absent", "has no 'absent'"),
        ("chain", "must be a function"),
    ],
)
def test_a_function_that_does_not_work_is_refused(
    start_target: StartTarget, function: str, words: str
) -> None:
    error = refusal(start_target, FUNCTION, inputs=f"app.py:{function}")
    assert error.exit_code == 2
    assert words in str(error)


def test_a_factory_may_run_its_own_event_loop(start_target: StartTarget) -> None:
    source = """
        import asyncio
        from langchain_core.runnables import RunnableLambda

        async def prepare():
            return "prepared"

        def chain():
            word = asyncio.run(prepare())
            return RunnableLambda(lambda text: word)
        """
    assert start_target(source, input_json='"x"').post("/invoke", user=0).json()["output"] == "prepared"


def test_the_target_leaves_when_its_parent_lets_go(start_target: StartTarget) -> None:
    target = start_target(CHAIN, input_json='{"question": 1, "name": 2}')
    target.child._cut_lifeline()
    assert target.child.wait(20) == 0


def test_a_target_that_is_blocked_for_good_leaves_too(start_target: StartTarget) -> None:
    source = """
        import time
        from langchain_core.runnables import RunnableLambda

        async def block(text):
            time.sleep(60)

        chain = RunnableLambda(block)
        """
    target = start_target(source, input_json='"x"')
    with pytest.raises(Exception, match="timed out"):
        target.post("/invoke", user=0, timeout=0.3)
    target.child._cut_lifeline()
    assert target.child.wait(20) == 0
    assert [record.outcome for record in target.recorded()] == ["cancelled"]


def test_a_trial_that_blocks_the_loop_does_not_keep_the_load_away(start_target: StartTarget) -> None:
    source = """
        import time
        from langchain_core.runnables import RunnableLambda

        async def block(text):
            time.sleep(60)

        chain = RunnableLambda(block)
        """
    target = start_target(source, timeout_s=1.0)
    assert target.ready is not None
    assert target.recorded()[0].outcome == "hung"


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TargetError, match=f"port {port} cannot be used"):
            listen(port)


def test_ctrl_c_ends_the_target(start_target: StartTarget) -> None:
    target = start_target(CHAIN, input_json='{"question": 1, "name": 2}')
    os.kill(target.child.pid, signal.SIGINT)
    assert eventually(lambda: target.child.exit_code is not None)


def test_a_package_inside_a_project_that_holds_its_environment_is_the_user_s(
    start_target: StartTarget, tmp_path: Path
) -> None:
    library = tmp_path / "project" / ".venv" / "lib" / "python3" / "site-packages"
    library.mkdir(parents=True)
    (library / "helping_library.py").write_text(
        textwrap.dedent(
            """
            def help_out():
                raise LookupError("x")
            """
        )
    )
    source = f"""
        import sys
        sys.path.append({str(library)!r})
        from helping_library import help_out
        from langchain_core.runnables import RunnableLambda

        def mine(text):
            help_out()

        chain = RunnableLambda(mine)
        """
    target = start_target(source, input_json='"x"')
    target.post("/invoke", user=0)
    (record,) = target.invocations()
    assert [frame.function for frame in record.error_stack if frame.is_user] == ["mine"]
