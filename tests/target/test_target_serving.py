"""Every kind of target, every way to call it."""

from __future__ import annotations

import json

import pytest
from target_process import Provider, StartTarget

from harness.tracing import canary_of, new_trace_id, read_trace_id

CHAIN = """
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    chain = ChatPromptTemplate.from_template("{question}") | ChatOpenAI(model="m") | StrOutputParser()
    """


def test_a_chain_is_invoked_with_the_request_s_own_input(start_target: StartTarget) -> None:
    target = start_target(CHAIN)
    answer = target.post("/invoke", {"input": {"question": "hello"}, "config": {"tags": ["a"]}})
    assert answer.json()["output"] == "echo: hello"


def test_every_provider_call_carries_the_trace_of_its_invocation(
    start_target: StartTarget, provider: Provider
) -> None:
    target = start_target(CHAIN, input_json='{"question": "x"}')
    traces = [new_trace_id() for _ in range(3)]
    for trace_id in traces:
        target.post("/invoke", user=1, trace_id=trace_id)
    assert [read_trace_id(header) for header in provider.traceparents] == traces


def test_other_http_clients_carry_the_trace_too(start_target: StartTarget, provider: Provider) -> None:
    target = start_target(
        """
        import json
        import os
        import urllib.request
        import httpx
        import requests
        from langchain_core.runnables import RunnableLambda

        url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        body = {"messages": [{"role": "user", "content": "x"}]}

        def call(text):
            urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode())).read()
            requests.post(url, json=body)
            httpx.post(url, json=body, headers={"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"})

        chain = RunnableLambda(call)
        """,
        input_json='"x"',
    )
    trace_id = new_trace_id()
    assert target.post("/invoke", user=1, trace_id=trace_id).status_code == 200
    assert [read_trace_id(header) for header in provider.traceparents] == [trace_id] * 3


def test_an_invocation_is_recorded_with_what_identifies_it(start_target: StartTarget) -> None:
    target = start_target(CHAIN, input_json='{"question": "mine is {canary}"}')
    trace_id = new_trace_id()
    target.post("/invoke", user=7, sequence=3, step=2, trace_id=trace_id)
    (record,) = target.invocations()
    assert (record.trace_id, record.user, record.sequence, record.step) == (trace_id, 7, 3, 2)
    assert (record.outcome, record.mode) == ("ok", "ainvoke")
    assert record.canaries_seen == [canary_of(trace_id)]
    assert record.start_s < record.end_s


def test_threads_run_the_chain_in_mode_invoke(start_target: StartTarget) -> None:
    target = start_target(
        """
        import threading
        from langchain_core.runnables import RunnableLambda
        chain = RunnableLambda(lambda text: threading.current_thread().name)
        """,
        mode="invoke",
        input_json='"x"',
    )
    assert target.post("/invoke", user=0).json()["output"].startswith("chainload")
    assert target.invocations()[0].mode == "invoke"


def test_a_stream_arrives_chunk_by_chunk_and_says_when_it_ends(start_target: StartTarget) -> None:
    target = start_target(
        """
        from langchain_core.runnables import RunnableGenerator

        async def words(inputs):
            async for text in inputs:
                for word in text.split():
                    yield word

        chain = RunnableGenerator(words)
        """,
        mode="astream",
        input_json='"one two {user}"',
    )
    lines = target.post("/stream", user=5).text.split("\n")
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert data == ["one", "two", "5"]
    assert [line for line in lines if line][-1] == "event: end"


def test_an_empty_stream_is_still_a_stream(start_target: StartTarget) -> None:
    target = start_target(
        """
        from langchain_core.runnables import RunnableGenerator

        async def nothing(inputs):
            async for _ in inputs:
                pass
            if False:
                yield ""

        chain = RunnableGenerator(nothing)
        """,
        input_json='"x"',
    )
    answer = target.post("/stream", user=0)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "event: end\n\n"


def test_a_batch_has_as_many_inputs_as_the_settings_say(start_target: StartTarget) -> None:
    target = start_target(CHAIN, mode="abatch", batch_size=3, input_json='{"question": "{sequence}"}')
    assert target.post("/batch", user=0, sequence=2).json()["output"] == ["echo: 6", "echo: 7", "echo: 8"]
    given = target.post("/batch", {"inputs": [{"question": "a"}, {"question": "b"}]})
    assert given.json()["output"] == ["echo: a", "echo: b"]


FACTORIES = """
    import contextlib
    from langchain_core.runnables import RunnableLambda

    def plain():
        return RunnableLambda(lambda text: "plain")

    async def later():
        return RunnableLambda(lambda text: "later")

    def returns_coroutine():
        return later()

    @contextlib.asynccontextmanager
    async def opened():
        yield RunnableLambda(lambda text: "opened")

    class Maker:
        def __call__(self, size=3):
            return RunnableLambda(lambda text: "maker")

    maker = Maker()
    chain = RunnableLambda(lambda text: "chain")

    class holder:
        inner = chain
    """


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("plain", "plain"),
        ("later", "later"),
        ("returns_coroutine", "later"),
        ("opened", "opened"),
        ("maker", "maker"),
        ("holder.inner", "chain"),
    ],
)
def test_a_callable_without_arguments_may_make_the_chain(
    start_target: StartTarget, name: str, output: str
) -> None:
    target = start_target(FACTORIES, name, input_json='"x"')
    assert target.post("/invoke", user=0).json()["output"] == output


def test_agents_are_served_with_a_guessed_input(start_target: StartTarget, provider: Provider) -> None:
    target = start_target(
        """
        from langchain.agents import create_agent
        from langchain_openai import ChatOpenAI

        def weather(city: str) -> str:
            "The weather in a city."
            return "rain"

        agent = create_agent(ChatOpenAI(model="m"), [weather])
        """,
        "agent",
    )
    assert target.ready is not None
    assert list(target.ready.data["input"]) == ["messages"]
    answer = target.post("/invoke", user=4, sequence=9).json()["output"]
    assert "Question 9 from user 4" in provider.prompts[-1]
    assert answer["messages"][-1]["content"].startswith("echo: Question 9")


def test_compiled_graphs_with_a_checkpointer_get_a_thread_of_their_own(start_target: StartTarget) -> None:
    target = start_target(
        """
        from typing import TypedDict
        from langgraph.checkpoint.memory import InMemorySaver
        from langgraph.graph import END, START, StateGraph

        class State(TypedDict):
            question: str
            answer: str

        async def reply(state: State, config):
            return {"answer": config["configurable"]["thread_id"]}

        builder = StateGraph(State)
        builder.add_node("reply", reply)
        builder.add_edge(START, "reply")
        builder.add_edge("reply", END)
        graph = builder.compile(checkpointer=InMemorySaver())
        """,
        "graph",
    )
    answer = target.post("/invoke", user=1, sequence=2).json()["output"]
    assert answer["answer"] == "chainload-1-2"


APPS = """
    import asyncio
    from fastapi import FastAPI, HTTPException
    from fastapi.responses import StreamingResponse
    from langchain_openai import ChatOpenAI
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    llm = ChatOpenAI(model="m")
    app = FastAPI()

    @app.post("/chat")
    async def chat(body: dict):
        return {"text": (await llm.ainvoke(body["text"])).content}

    @app.post("/sync")
    def sync(body: dict):
        return {"text": llm.invoke(body["text"]).content}

    @app.get("/words")
    async def words():
        async def parts():
            for word in ("a", "b"):
                yield word
        return StreamingResponse(parts())

    @app.get("/broken")
    async def broken():
        raise RuntimeError("no luck")

    async def hello(request):
        return PlainTextResponse("hello")

    starlette = Starlette(routes=[Route("/", hello)])

    async def bare(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"bare"})
    """


def test_an_asgi_app_is_served_under_its_own_paths(start_target: StartTarget, provider: Provider) -> None:
    target = start_target(APPS, "app")
    traces = [new_trace_id(), new_trace_id()]
    assert target.post("/chat", {"text": "a"}, trace_id=traces[0], user=1).json() == {"text": "echo: a"}
    assert target.post("/sync", {"text": "b"}, trace_id=traces[1], user=1).json() == {"text": "echo: b"}
    assert [read_trace_id(header) for header in provider.traceparents] == traces
    assert target.get("/words").text == "ab"
    assert target.get("/broken").status_code == 500
    assert [record.outcome for record in target.invocations()] == ["ok", "ok", "ok", "error"]
    assert target.invocations()[-1].error == "RuntimeError: no luck"


@pytest.mark.parametrize(("name", "text"), [("starlette", "hello"), ("bare", "bare")])
def test_any_asgi_callable_is_an_app(start_target: StartTarget, name: str, text: str) -> None:
    assert start_target(APPS, name).get("/").text == text


def test_control_requests_are_no_invocations(start_target: StartTarget) -> None:
    target = start_target(CHAIN, input_json='{"question": "x"}')
    status = target.status()
    assert status.pop("cpu_s") > 0
    assert status == {"in_flight": 0, "oldest_s": None, "lingering": 0, "requests": 0}
    target.post("/invoke", user=0)
    assert target.status()["requests"] == 1


def test_an_error_is_answered_with_its_first_line_and_its_stack_is_kept(start_target: StartTarget) -> None:
    target = start_target(
        """
        from langchain_core.runnables import RunnableLambda

        def fail(text):
            raise LookupError("no such thing\\nand more")

        chain = RunnableLambda(fail)
        """,
        input_json='"x"',
    )
    answer = target.post("/invoke", user=0)
    assert (answer.status_code, answer.json()) == (500, {"error": "LookupError: no such thing"})
    (record,) = target.invocations()
    assert [frame.function for frame in record.error_stack if frame.is_user] == ["fail"]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_no_exception_of_a_chain_ends_the_host(start_target: StartTarget, loop: str) -> None:
    target = start_target(
        """
        import asyncio
        from langchain_core.runnables import RunnableLambda

        errors = [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), BaseException("b"), asyncio.CancelledError()]
        background = set()

        async def fail(how, error):
            if how == "directly":
                raise error
            if how == "in a task":
                await asyncio.gather(fail("directly", error))
            background.add(asyncio.create_task(fail("directly", error)))
            await asyncio.sleep(0.05)

        async def choose(text):
            if text == "fine":
                return text
            how, number = text.split(":")
            return await fail(how, errors[int(number)])

        chain = RunnableLambda(choose)
        """,
        input_json='"fine"',
        loop=loop,
    )
    for number in range(5):
        assert target.post("/invoke", {"input": f"directly:{number}"}).status_code == 500
        target.post("/invoke", {"input": f"in a task:{number}"})
        target.post("/invoke", {"input": f"in the background:{number}"})
        assert target.post("/invoke", user=0).json()["output"] == "fine"


def test_outputs_without_a_json_form_are_answered_all_the_same(start_target: StartTarget) -> None:
    target = start_target(
        """
        from langchain_core.runnables import RunnableLambda

        cycle = []
        cycle.append(cycle)
        outputs = {"cycle": cycle, "object": object(), "keys": {(1, 2): 3}, "surrogate": "\\ud800",
                   "long": "x" * 3_000_000, "class": int, "error": ValueError("v"), "nan": float("nan"), "bytes": b"b"}
        chain = RunnableLambda(outputs.__getitem__)
        """,
        input_json='"x"',
    )
    for name in ("cycle", "object", "keys", "surrogate", "long", "class", "error", "nan", "bytes"):
        answer = target.post("/invoke", {"input": name})
        assert answer.status_code == 200, name
        assert len(answer.content) < 1_100_000, name


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_loop_is_the_one_that_was_asked_for(start_target: StartTarget, loop: str) -> None:
    target = start_target(
        """
        import asyncio
        from langchain_core.runnables import RunnableLambda

        async def name(text):
            return str([cls.__module__ for cls in type(asyncio.get_running_loop()).__mro__])

        chain = RunnableLambda(name)
        """,
        input_json='"x"',
        loop=loop,
    )
    assert ("uvloop" in target.post("/invoke", user=0).json()["output"]) == (loop == "uvloop")


def test_no_gevent_and_no_locust_in_the_target(start_target: StartTarget) -> None:
    target = start_target(
        """
        import sys
        from langchain_core.runnables import RunnableLambda
        chain = RunnableLambda(lambda text: sorted(name.partition(".")[0] for name in sys.modules))
        """,
        input_json='"x"',
    )
    assert not {"gevent", "locust", "reports"} & set(target.post("/invoke", user=0).json()["output"])
