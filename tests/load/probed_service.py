"""A service of a user's own with our probes in it.  Prints its port when it serves; its provider's port is given."""

from __future__ import annotations

import os
import sys

os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{sys.argv[1]}/v1", "OPENAI_API_KEY": "unused"}

import harness.target

probes = harness.target.install()

import asyncio  # noqa: E402
import socket  # noqa: E402

import openai  # noqa: E402
import uvicorn  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.requests import Request  # noqa: E402
from starlette.responses import PlainTextResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

gate = asyncio.Semaphore(1)
client = openai.AsyncOpenAI()


async def ask(request: Request) -> PlainTextResponse:
    async with gate:
        answer = await client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello")
    return PlainTextResponse(answer.choices[0].text)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = probes.wrap(Starlette(routes=[Route("/ask", ask, methods=["POST"])]))
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
