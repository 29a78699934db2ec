"""Multi-tenant question endpoint: every tenant has its own tone of voice."""

import json
import socket
import socketserver
import threading
import time
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class DirectoryService(socketserver.StreamRequestHandler):
    """Stand-in for the company directory that runs beside the application."""

    def handle(self):
        for raw in self.rfile:
            query = json.loads(raw)
            time.sleep(0.08)
            self.wfile.write(json.dumps({"id": query["id"], "tone": "friendly"}).encode() + b"\n")


class DirectoryServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


server = DirectoryServer(("127.0.0.1", 0), DirectoryService)
threading.Thread(target=server.serve_forever, name="directory", daemon=True).start()


class LineClient:
    def __init__(self, address):
        self.address = address

    def request(self, **fields):
        with socket.create_connection(self.address, timeout=5) as connection:
            connection.sendall(json.dumps(fields).encode() + b"\n")
            with connection.makefile("rb") as reply:
                return json.loads(reply.readline())


class TenantDirectory(LineClient):
    def find(self, tenant_id):
        return self.request(verb="find", id=tenant_id)


class Question(BaseModel):
    q: str


directory = TenantDirectory(server.server_address)
prompt = ChatPromptTemplate.from_messages([("system", "Answer in a {tone} tone."), ("human", "{q}")])
chain = prompt | ChatOpenAI(model="gpt-4o-mini", temperature=0) | StrOutputParser()
app = FastAPI()


async def get_directory() -> TenantDirectory:
    return directory


async def current_tenant(
    people: Annotated[TenantDirectory, Depends(get_directory)],
    x_tenant: Annotated[str, Header()] = "acme",
) -> dict:
    return people.find(x_tenant)


@app.post("/ask")
async def ask(question: Question, tenant: Annotated[dict, Depends(current_tenant)]):
    answer = await chain.ainvoke({"q": question.q, "tone": tenant["tone"]})
    return {"tenant": tenant["id"], "answer": answer}
