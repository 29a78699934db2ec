"""Notices for tram passengers. Stops are looked up in the operator's stop directory when a request comes in."""

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import AfterValidator, BaseModel


class Directory(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        time.sleep(0.085)
        body = json.dumps(
            {"stop": unquote(self.path.rsplit("/", 1)[-1]), "zone": len(self.path) % 4}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


directory = ThreadingHTTPServer(("127.0.0.1", 0), Directory)
threading.Thread(target=directory.serve_forever, daemon=True).start()


def known_stop(name: str) -> str:
    line = http.client.HTTPConnection(*directory.server_address, timeout=10)
    try:
        line.request("GET", f"/stops/{quote(name)}")
        found = json.loads(line.getresponse().read())
    finally:
        line.close()
    if found["zone"] > 3:
        raise ValueError("outside the network")
    return f"{found['stop']} (zone {found['zone']})"


Stop = Annotated[str, AfterValidator(known_stop)]


class Disruption(BaseModel):
    halt: Stop
    reason: str


class Notice(BaseModel):
    text: str


router = APIRouter(prefix="/notices")
writer = (
    ChatPromptTemplate.from_template("Tell passengers at {halt} politely about this: {reason}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)


@router.post("")
async def write(disruption: Disruption) -> Notice:
    return Notice(text=await writer.ainvoke(disruption.model_dump()))


app = FastAPI()
app.include_router(router)
