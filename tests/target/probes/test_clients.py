"""HTTP and database pools, retries of clients, clients built again and again."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from conftest import Bench, length

from harness.probe_records import Trace

HTTPX = ["httpx", "httpx2"]


class Slow(BaseHTTPRequestHandler):
    """Answers after a tenth of a second; /stream in parts, /fail with 500."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(0.1)
        parts = [b"part"] * (4 if self.path == "/stream" else 1)
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("content-length", str(sum(map(len, parts))))
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(0.02 * (len(parts) > 1))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


@pytest.mark.parametrize("library", HTTPX)
def test_waits_for_a_connection_are_part_of_the_exchange(bench: Bench, server: str, library: str) -> None:
    httpx = importlib.import_module(library)

    async def main() -> None:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=1)) as client:

            async def work() -> None:
                assert (await client.get(server)).status_code == 200

            await asyncio.gather(*(bench.invoke(work) for _ in range(3)))

    asyncio.run(main())
    waits, exchanges = bench.spans("pool_wait", "http_pool:"), bench.spans("provider", "http:127.0.0.1:")
    assert len(waits) >= 2  # httpcore waits once more when its connection went away
    assert len(exchanges) == 3
    assert sum(map(length, waits)) > min(map(length, exchanges))
    assert bench.code_at(waits[0].site) == "assert (await client.get(server)).status_code == 200"
    assert exchanges[0].detail == "200"
    assert bench.gauges("http_pool:")[0].capacity == 1
    assert "httpx.AsyncClient(" in bench.code_at(bench.gauges("http_pool:")[0].site)
    assert len(bench.spans("connect")) >= 1


@pytest.mark.parametrize("library", HTTPX)
def test_the_same_in_threads(bench: Bench, server: str, library: str) -> None:
    httpx = importlib.import_module(library)
    with httpx.Client(limits=httpx.Limits(max_connections=1)) as client:

        async def work() -> None:
            await asyncio.to_thread(client.get, server)

        bench.run(work, users=2)
    assert len(bench.spans("pool_wait", "http_pool:")) == 1
    assert len(bench.spans("provider", "http:127.0.0.1:")) == 2


def test_an_exchange_lasts_as_long_as_its_stream(bench: Bench, server: str) -> None:
    import httpx2

    async def work() -> None:
        async with httpx2.AsyncClient() as client, client.stream("GET", f"{server}/stream") as response:
            async for _ in response.aiter_raw():
                await asyncio.sleep(0.03)

    bench.run(work)
    (exchange,) = bench.spans("provider", "http:")
    consumed = bench.spans("stream_consumer")
    assert consumed
    assert "response.aiter_raw()" in bench.code_at(consumed[0].site)
    assert all(exchange.start_s <= span.start_s for span in consumed)
    assert length(exchange) > sum(map(length, consumed))


def test_an_exchange_that_fails_ends_and_says_how(bench: Bench) -> None:
    import httpx2

    async def work() -> None:
        async with httpx2.AsyncClient() as client:
            await client.get("http://127.0.0.1:1/")

    bench.run(work)
    (exchange,) = bench.spans("provider")
    assert "Connect" in exchange.detail
    assert exchange.end_s is not None


def test_openai_says_its_pauses(bench: Bench, server: str) -> None:
    from openai import AsyncOpenAI, InternalServerError

    async def work() -> None:
        async with AsyncOpenAI(api_key="none", base_url=server, max_retries=1) as client:
            with contextlib.suppress(InternalServerError):
                await client.post("/fail", cast_to=object)

    bench.run(work)
    (pause, *_) = bench.spans("backoff", "retry:openai")
    assert pause.detail.startswith("openai 1/1")
    built = {span.resource for span in bench.spans("construct")}
    assert {"openai.AsyncOpenAI", "tls_context"} <= built


def test_requests_and_its_full_pool(bench: Bench, server: str) -> None:
    requests = pytest.importorskip("requests")
    adapters = importlib.import_module("requests.adapters")
    with requests.Session() as session:
        session.mount("http://", adapters.HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))

        async def work() -> None:
            await asyncio.to_thread(lambda: session.get(server))

        bench.run(work, users=2)
    assert len(bench.spans("provider", "http:127.0.0.1:")) == 2
    assert any(length(wait) > 0.05 for wait in bench.spans("pool_wait", "http_pool:urllib3:"))


def test_aiohttp_and_its_full_connector(bench: Bench, server: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def main() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:

            async def work() -> None:
                async with session.get(server) as response:
                    await response.read()

            await asyncio.gather(*(bench.invoke(work) for _ in range(2)))

    asyncio.run(main())
    assert len(bench.spans("provider", "http:127.0.0.1:")) == 2
    assert len(bench.spans("pool_wait", "http_pool:aiohttp")) == 1


def test_a_database_pool_shows_waits_and_holds(bench: Bench, tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    pool = importlib.import_module("sqlalchemy.pool")
    engine = sqlalchemy.create_engine(
        f"sqlite:///{tmp_path / 'a.db'}", poolclass=pool.QueuePool, pool_size=1, max_overflow=0
    )

    def query() -> None:
        with engine.connect():
            time.sleep(0.1)

    async def work() -> None:
        await asyncio.to_thread(query)

    bench.run(work, users=3)
    engine.dispose()
    waits = bench.spans("pool_wait", "db_pool:")
    assert len(waits) == 2
    assert bench.code_at(waits[0].site) == "with engine.connect():"
    assert len(bench.spans("hold", "db_pool:")) == 3
    assert bench.gauges("db_pool:")[0].capacity == 1


def test_slow_callbacks_on_tokens_are_named(bench: Bench) -> None:
    from langchain_core.callbacks import AsyncCallbackHandler
    from langchain_core.language_models import FakeListChatModel

    class Slow(AsyncCallbackHandler):
        async def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None:
            await asyncio.sleep(0.01)

    async def chunks() -> AsyncIterator[Any]:
        async for chunk in FakeListChatModel(responses=["abcd"]).astream("x", {"callbacks": [Slow()]}):
            yield chunk

    async def work() -> None:
        assert [chunk async for chunk in chunks()]

    bench.run(work)
    callbacks = bench.spans("stream_consumer", "callback:Slow")
    assert len(callbacks) >= 4
    assert bench.function_at(callbacks[0].site).endswith("Slow.on_llm_new_token")


def test_steps_have_names_kinds_and_arguments(bench: Bench) -> None:
    from langchain_core.runnables import RunnableLambda
    from langchain_core.tools import tool

    @tool
    def search(query: str) -> str:
        """Looks something up."""
        return query

    chain = RunnableLambda(lambda query: {"query": query}).with_config(run_name="ask") | search

    async def work() -> None:
        await chain.ainvoke("a")
        await chain.ainvoke("a")

    bench.run(work)
    steps = bench.spans("step")
    assert {"chain:RunnableSequence", "chain:ask", "tool:search"} <= {step.resource for step in steps}
    first, second = [step.detail for step in steps if step.resource == "tool:search"]
    assert first == second != ""


def test_what_is_cut_shows_what_was_open(bench: Bench) -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        trace = bench.probes.recorder.begin("f" * 32, 3)
        await lock.acquire()
        waiting = asyncio.create_task(lock.acquire())
        await asyncio.sleep(0.02)
        bench.probes.recorder.end(trace, is_cut=True)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(main())
    (trace,) = bench.records(Trace)
    assert (trace.trace_id, trace.step) == ("f" * 32, 3)
    still_open = {span.kind for span in trace.spans if span.end_s is None}
    assert still_open == {"lock_wait", "hold"}
