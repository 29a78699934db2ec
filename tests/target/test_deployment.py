"""The probes in a service that somebody else starts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

import harness.target
from harness.errors import BadInputError
from harness.probe_records import ProbeRecord, Trace
from harness.target.deployment import Deployment
from harness.tracing import PROBES_PATH as PATH

TOKEN = "a token of some length"
TRACE_ID = "ab" * 16


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = harness.target.install(token=TOKEN, directory=tmp_path)
    yield deployment
    deployment.uninstall()
    deployment.probes.close_writer()


async def app(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(0.02)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def ask(deployment: Deployment, *requests: tuple[str, str, str]) -> list[httpx.Response]:
    """Method, path and token of each."""
    transport = httpx.ASGITransport(app=deployment.wrap(app))
    answers = []
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        for method, path, token in requests:
            headers = {"authorization": f"Bearer {token}", "traceparent": f"00-{TRACE_ID}-{'1' * 16}-01"}
            answers.append(await client.request(method, path, headers=headers | {"x-chainload-step": "2"}))
    return answers


def test_a_run_with_the_token_reads_the_traces(deployment: Deployment) -> None:
    asyncio.run(ask(deployment, ("GET", "/anything", "")))
    deployment.probes.uninstall()
    (answer,) = asyncio.run(ask(deployment, ("GET", PATH, TOKEN)))
    decoder = msgspec.json.Decoder(ProbeRecord)
    records = [decoder.decode(line) for line in answer.content.splitlines()]
    (trace,) = [record for record in records if isinstance(record, Trace)]
    assert (trace.trace_id, trace.step) == (TRACE_ID, 2)
    assert "sleep" in {span.kind for span in trace.spans}
    assert int(answer.headers["x-chainload-next"]) == len(answer.content)
    (rest,) = asyncio.run(ask(deployment, ("GET", f"{PATH}?from={len(answer.content)}", TOKEN)))
    assert rest.content == b""


def test_without_the_token_there_is_nothing_to_see(deployment: Deployment) -> None:
    (answer,) = asyncio.run(ask(deployment, ("GET", PATH, "a guess")))
    assert answer.text == "ok"  # the app's own answer to an unknown path


def test_probes_can_be_taken_out_and_put_back(deployment: Deployment) -> None:
    out, back = asyncio.run(ask(deployment, ("POST", f"{PATH}?on=0", TOKEN), ("POST", f"{PATH}?on=1", TOKEN)))
    assert (out.json(), back.json()) == ({"on": False}, {"on": True})


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="at least 16"):
        harness.target.install(token="secret", directory=tmp_path)
