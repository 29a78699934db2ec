"""Land registry: entries of a parcel are read as they come and put into plain words, one after the other."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


class Registry(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    entries = ("I: right of way for the neighbour", "II: mortgage of 1987, redeemed")

    def do_GET(self):
        body = "".join(f"{entry}\n" for entry in self.entries).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        return


office = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
office.daemon_threads = True
threading.Thread(target=office.serve_forever, daemon=True).start()

http = httpx.AsyncClient(
    base_url="http://{}:{}".format(*office.server_address),
    limits=httpx.Limits(max_connections=5),
    timeout=httpx.Timeout(5, pool=None),
)


@asynccontextmanager
async def folio(parcel: str):
    async with http.stream("GET", "/folio", params={"parcel": parcel}) as reply:
        reply.raise_for_status()
        yield reply


async def entries(parcel: str) -> AsyncIterator[str]:
    async with folio(parcel) as reply:
        async for line in reply.aiter_lines():
            if line.strip():
                yield line


llm = ChatOpenAI(model="gpt-4o-mini", timeout=40)
plain = ChatPromptTemplate.from_template("Put this entry into plain words: {entry}") | llm | StrOutputParser()
overall = (
    ChatPromptTemplate.from_template("Parcel {parcel}. Sum up for a buyer:\n{remarks}")
    | llm
    | StrOutputParser()
)


async def extract(request: dict) -> str:
    remarks = [await plain.ainvoke({"entry": entry}) async for entry in entries(request["parcel"])]
    return await overall.ainvoke({"parcel": request["parcel"], "remarks": "\n".join(remarks)})


chain = RunnableLambda(extract)
