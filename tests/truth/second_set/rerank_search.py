"""Search with a reranking service that runs on the same host."""

import asyncio
import json
import threading
from functools import cached_property

import httpx
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class Reranker:
    """The service: scores take a fifth of a second, however many ask."""

    def __init__(self):
        self.ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()
        self.ready.wait(5)

    async def serve(self):
        listener = await asyncio.start_server(self.talk, "127.0.0.1", 0, backlog=256)
        self.port = listener.sockets[0].getsockname()[1]
        self.ready.set()
        await listener.serve_forever()

    async def talk(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                await asyncio.sleep(0.2)
                body = json.dumps({"order": [2, 0, 1]}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                    % len(body)
                )
                writer.write(body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


service = Reranker()
PASSAGES = ["Parking is free on Sundays.", "The museum opens at ten.", "Dogs stay outside."]


class RerankClient:
    limits = httpx.Limits(max_connections=3, max_keepalive_connections=3)

    @cached_property
    def http(self):
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{service.port}",
            limits=self.limits,
            timeout=httpx.Timeout(60),
            trust_env=False,
        )

    async def order(self, query, passages):
        reply = await self.http.post("/rank", json={"query": query, "passages": passages})
        reply.raise_for_status()
        return [passages[n] for n in reply.json()["order"]]


client = RerankClient()


async def context(inputs):
    return "\n".join(await client.order(inputs["question"], PASSAGES))


chain = (
    RunnablePassthrough.assign(context=RunnableLambda(context))
    | ChatPromptTemplate.from_template("{context}\n\n{question}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
