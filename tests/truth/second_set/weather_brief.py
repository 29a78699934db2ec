"""Pilot's weather briefing: one requests session with few connections, kept open."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI
from requests.adapters import HTTPAdapter


class MetOffice(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(0.25)
        body = json.dumps({"wind": "270/12", "visibility": 9999}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


office = ThreadingHTTPServer(("127.0.0.1", 0), MetOffice)
threading.Thread(target=office.serve_forever, daemon=True).start()

session = requests.Session()
session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=3, pool_block=True))


def observations(inputs: dict[str, Any]) -> str:
    answer = session.get(f"http://127.0.0.1:{office.server_port}/metar/{inputs['airport']}", timeout=30)
    answer.raise_for_status()
    return answer.text


briefing = (
    RunnablePassthrough.assign(metar=RunnableLambda(observations))
    | ChatPromptTemplate.from_template("Brief a pilot at {airport}: {metar}. Note: {note}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)
