"""What does not end is cut off, and the record says where it waited."""

from __future__ import annotations

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from target_process import StartTarget, Target, eventually

from harness.records import Invocation
from harness.tracing import new_trace_id

HANGING = """
    import asyncio
    import threading
    import time
    from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnableGenerator
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI
    from langchain.agents import create_agent

    never = asyncio.Event()

    @tool
    async def lookup(text: str) -> str:
        "Waits for something that does not come."
        await asyncio.sleep(0)
        await never.wait()
        return text

    @tool
    def sync_lookup(text: str) -> str:
        "The same in a thread."
        threading.Event().wait(8)
        return text

    async def call_async(text):
        return await lookup.ainvoke(text)

    async def call_sync(text):
        return await sync_lookup.ainvoke(text)

    async def gathered(text):
        return await asyncio.gather(asyncio.sleep(0), call_async(text))

    async def grouped(text):
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(0))
            group.create_task(call_async(text))

    async def waited(text):
        return await asyncio.wait_for(asyncio.shield(call_async(text)), 60)

    async def blocked(text):
        time.sleep(4)

    async def stubborn(text):
        while True:
            try:
                await asyncio.sleep(8)
            except asyncio.CancelledError:
                continue

    async def bridged(text):
        loop = asyncio.get_running_loop()
        def bridge():
            return asyncio.run_coroutine_threadsafe(call_async(text), loop).result(8)
        return await asyncio.to_thread(bridge)

    async def asked(text):
        return (await ChatOpenAI(model="m").ainvoke("hang")).content

    async def stream(inputs):
        async for text in inputs:
            yield "first"
            await call_async(text)

    functions = {f.__name__: f for f in
                 (call_async, call_sync, gathered, grouped, waited, blocked, stubborn, bridged, asked)}

    async def choose(text):
        if text == "fine":
            return text
        return await functions[text](text)

    def choose_sync(text):
        return sync_lookup.invoke(text)

    chain = RunnableLambda(choose)
    parallel = RunnableParallel(a=RunnableLambda(lambda text: text), b=RunnableLambda(call_async))
    threads = RunnableLambda(choose_sync)
    fanned = RunnableParallel(a=RunnableLambda(lambda text: text), b=RunnableLambda(choose_sync))
    generator = RunnableGenerator(stream)
    """


def user_functions(record: Invocation) -> list[str]:
    return [frame.function.rpartition(".")[2] for frame in record.stack if frame.is_user]


def the_hung(target: Target) -> Invocation:
    assert eventually(
        lambda: any(record.outcome == "hung" for record in target.recorded()) or not target.cancel(0)
    )
    target.cancel(0)
    (record,) = [record for record in target.recorded() if record.outcome == "hung"]
    return record


WHERE_IT_WAITS = {
    "call_async": ["choose", "call_async", "lookup"],
    "call_sync": ["choose", "call_sync", "sync_lookup"],
    "gathered": ["choose", "gathered", "call_async", "lookup"],
    "grouped": ["choose", "grouped", "call_async", "lookup"],
    "waited": ["choose", "waited", "call_async", "lookup"],
    "bridged": ["choose", "bridged", "bridge", "call_async", "lookup"],
    "asked": ["choose", "asked"],
    "stubborn": ["choose", "stubborn"],
}


def test_the_stack_of_what_hangs_ends_where_it_waits(start_target: StartTarget) -> None:
    # 3 s: all are to have got there, on a slow machine too.
    target = start_target(HANGING, input_json='""', timeout_s=3.0)
    traces = {name: new_trace_id() for name in WHERE_IT_WAITS}
    with ThreadPoolExecutor(len(traces)) as pool:
        answers = list(
            pool.map(lambda name: target.post("/invoke", {"input": name}, trace_id=traces[name]), traces)
        )
    assert {answer.status_code for answer in answers} == {504}
    assert all("no end after 3 s" in answer.json()["error"] for answer in answers)
    records = {record.trace_id: record for record in target.invocations()}
    waited = {name: user_functions(records[trace_id]) for name, trace_id in traces.items()}
    assert waited == WHERE_IT_WAITS
    assert all(record.stack_taken_s is not None for record in records.values())


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_open_steps_are_named_outermost_first(start_target: StartTarget, loop: str) -> None:
    target = start_target(HANGING, input_json='"call_async"', timeout_s=0.8, loop=loop)
    target.post("/invoke", user=0)
    steps = [(step.name, step.kind) for step in the_hung(target).open_steps]
    assert steps == [("choose", "chain"), ("lookup", "tool")]


def test_the_llm_call_is_the_open_step_when_the_provider_hangs(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"asked"', timeout_s=3.0)  # a model is slow to make
    target.post("/invoke", user=0)
    assert [step.kind for step in the_hung(target).open_steps][-1] == "llm"


def test_a_parallel_branch_that_hangs_is_found(start_target: StartTarget) -> None:
    target = start_target(HANGING, "parallel", input_json='"x"', timeout_s=0.8)
    assert target.post("/invoke", user=0).status_code == 504
    assert user_functions(the_hung(target)) == ["call_async", "lookup"]


@pytest.mark.parametrize(("name", "functions"), [("threads", 2), ("fanned", 2)])
def test_in_mode_invoke_the_stack_is_the_thread_s(
    start_target: StartTarget, name: str, functions: int
) -> None:
    target = start_target(HANGING, name, input_json='"x"', timeout_s=0.8, mode="invoke")
    assert target.post("/invoke", user=0).status_code == 504
    record = the_hung(target)
    assert user_functions(record)[-functions:] == ["choose_sync", "sync_lookup"]
    assert record.error is not None
    assert "thread cannot be stopped" in record.error


def test_a_blocked_loop_does_not_keep_the_record_from_being_written(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"blocked"', timeout_s=0.8)
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(target.post("/invoke", user=0)))
    asking.start()
    assert eventually(lambda: bool(target.recorded()))  # on disk while the loop is still stuck
    (record,) = target.recorded()
    assert not answers
    assert user_functions(record) == ["choose", "blocked"]
    assert record.error is not None
    assert "event loop is blocked" in record.error
    asking.join()
    assert answers[0].status_code == 504


def test_a_thread_that_cannot_be_stopped_is_counted_as_left(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"call_sync"', timeout_s=0.8)
    target.post("/invoke", user=0)
    status = target.status()
    assert (status["in_flight"], status["lingering"]) == (0, 1)
    assert target.cancel(0.1)["left"] == 1
    record = target.recorded()[0]
    assert record.error is not None
    assert record.error.endswith("its thread cannot be stopped and stays occupied")


def test_a_stream_that_hangs_ends_with_an_error_event(start_target: StartTarget) -> None:
    target = start_target(HANGING, "generator", input_json='"x"', timeout_s=0.8, mode="astream")
    text = target.post("/stream", user=0).text
    events = [block for block in text.split("\n\n") if block]
    assert events[0] == 'event: data\ndata: "first"'
    assert events[-1].startswith("event: error")
    assert json.loads(events[-1].partition("data: ")[2])["status_code"] == 504
    assert user_functions(the_hung(target)) == ["stream", "call_async", "lookup"]


def test_a_batch_that_hangs_is_cut_off(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"call_async"', timeout_s=0.8, mode="abatch", batch_size=2)
    assert target.post("/batch", user=0).status_code == 504
    assert user_functions(the_hung(target)) == ["choose", "call_async", "lookup"]


def post_and_hang_up(target: Target, path: str) -> None:
    with contextlib.suppress(httpx.ReadTimeout):
        target.post(path, user=0, timeout=0.5)


def test_a_client_that_hangs_up_cancels_its_invocation(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"call_async"')
    post_and_hang_up(target, "/invoke")
    assert eventually(lambda: target.status()["in_flight"] == 0)
    (record,) = target.invocations()
    assert (record.outcome, user_functions(record)[-1]) == ("cancelled", "lookup")
    assert [step.name for step in record.open_steps] == ["choose", "lookup"]
    assert target.cancel()["left"] == 0


def test_cancel_ends_what_is_in_flight_and_says_how_many_are_left(start_target: StartTarget) -> None:
    target = start_target(HANGING, input_json='"call_async"')
    threads = [threading.Thread(target=lambda: target.post("/invoke", user=0)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: target.status()["in_flight"] == 3)
    assert target.status()["oldest_s"] > 0
    assert target.cancel() == {"cancelled": 3, "left": 0}
    for thread in threads:
        thread.join()
    assert {record.outcome for record in target.recorded()} == {"cancelled"}
    assert target.post("/invoke", {"input": "fine"}).json()["output"] == "fine"


GRAPH = """
    import asyncio
    import time
    from typing import Any
    from langchain.agents import create_agent
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatResult

    class Caller(BaseChatModel):
        "Asks for its tool, always."
        def bind_tools(self, tools, **kwargs):
            return self

        @property
        def _llm_type(self):
            return "caller"

        def _generate(self, messages, stop=None, run_manager=None, **kwargs):
            call = {"name": "search", "args": {"query": "x"}, "id": "1"}
            return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=[call]))])

    async def search(query: str) -> str:
        "Never answers."
        await asyncio.Event().wait()
        return "found"

    def slow_search(query: str) -> str:
        "Takes too long."
        time.sleep(8)
        return "found"

    slow_search.__name__ = "search"
    agent = create_agent(Caller(), [search])
    sync_agent = create_agent(Caller(), [slow_search])
    """


@pytest.mark.parametrize(("name", "function"), [("agent", "search"), ("sync_agent", "slow_search")])
def test_a_tool_of_an_agent_is_found_through_the_graph(
    start_target: StartTarget, name: str, function: str
) -> None:
    content = '{"messages": [{"role": "user", "content": "x"}]}'
    target = start_target(GRAPH, name, input_json=content, timeout_s=0.8)
    assert target.post("/invoke", user=0).status_code == 504
    record = the_hung(target)
    assert user_functions(record) == [function]
    assert [(step.name, step.kind) for step in record.open_steps][-2:] == [
        ("tools", "node"),
        ("search", "tool"),
    ]


APP = """
    import asyncio
    import time
    from fastapi import BackgroundTasks, FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()

    @app.get("/forever")
    async def forever():
        await asyncio.Event().wait()

    @app.get("/sync")
    def sync():
        time.sleep(6)

    async def later():
        await asyncio.Event().wait()

    @app.get("/background")
    async def background(tasks: BackgroundTasks):
        tasks.add_task(later)
        return "accepted"

    @app.get("/stream")
    async def stream():
        async def parts():
            yield "first"
            await asyncio.Event().wait()
        return StreamingResponse(parts())
    """


@pytest.mark.parametrize(("path", "function"), [("/forever", "forever"), ("/sync", "sync")])
def test_an_endpoint_that_hangs_is_cut_off(start_target: StartTarget, path: str, function: str) -> None:
    target = start_target(APP, "app", timeout_s=0.8)
    assert target.get(path).status_code == 504
    assert user_functions(the_hung(target)) == [function]


def test_an_endpoint_s_stream_that_hangs_is_broken_off(start_target: StartTarget) -> None:
    target = start_target(APP, "app", timeout_s=0.8)
    with pytest.raises(httpx.RemoteProtocolError):
        target.get("/stream")
    assert user_functions(the_hung(target)) == ["parts"]


def test_work_after_the_answer_belongs_to_the_invocation(start_target: StartTarget) -> None:
    target = start_target(APP, "app", timeout_s=0.8)
    assert target.get("/background").json() == "accepted"
    assert eventually(lambda: target.status()["in_flight"] == 0)
    record = the_hung(target)
    assert user_functions(record) == ["later"]
    assert record.answered_s is not None
    assert record.answered_s < record.end_s


def test_a_client_that_hangs_up_cancels_its_endpoint(start_target: StartTarget) -> None:
    target = start_target(APP, "app")
    assert target.client is not None
    with contextlib.suppress(httpx.ReadTimeout):
        target.client.get("/forever", timeout=0.5)
    assert eventually(lambda: target.status()["in_flight"] == 0)
    assert [record.outcome for record in target.invocations()] == ["cancelled"]
