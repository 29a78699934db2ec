"""Hotel concierge: a guest's question, answered with what the property system knows about the stay."""

import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class PropertySystem(BaseHTTPRequestHandler):
    """The hotel's own booking system, on the same machine."""

    def do_GET(self) -> None:
        time.sleep(0.08)
        body = json.dumps({"room": "412", "checkout": "11:00", "path": self.path}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


SERVER = ThreadingHTTPServer(("127.0.0.1", 0), PropertySystem)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
PMS = f"http://127.0.0.1:{SERVER.server_port}"

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "You are the concierge. The guest stays in room {room} until {checkout}."),
        ("human", "{question}"),
    ]
)
CHAIN = PROMPT | ChatOpenAI(model="gpt-4o-mini", timeout=30) | StrOutputParser()


class Question(BaseModel):
    reservation: str
    text: str


def fetch_stay(reservation: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{PMS}/stays/{reservation}", timeout=5) as response:
        return json.load(response)


async def stay(question: Question) -> dict[str, str]:
    return fetch_stay(question.reservation)


router = APIRouter(prefix="/concierge")


@router.post("/ask")
async def ask(question: Question, stay: Annotated[dict[str, str], Depends(stay)]) -> dict[str, str]:
    answer = await CHAIN.ainvoke({**stay, "question": question.text})
    return {"answer": answer}


app = FastAPI(title="Concierge")
app.include_router(router)


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}
