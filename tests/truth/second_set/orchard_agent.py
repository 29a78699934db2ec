"""Orchard advice: an agent with a spray register whose entries have to be on disk before the grower gets the answer."""

import json
import os
import tempfile
import threading
import time
from collections import deque
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

ROTATION_S = 0.09


class Receipt:
    def __init__(self, entry: dict[str, Any]) -> None:
        self.entry = entry
        self._written = threading.Event()

    def confirm(self) -> None:
        self._written.set()

    def settled(self, patience: float = 20.0) -> bool:
        return self._written.wait(patience)


class Register(threading.Thread):
    """Writes what is legally required, one entry after the other, each with its own sync to the (slow) card."""

    def __init__(self) -> None:
        super().__init__(name="register", daemon=True)
        self._inbox: deque[Receipt] = deque()
        self._news = threading.Condition()
        self._file = tempfile.NamedTemporaryFile("a", suffix=".jsonl")

    def run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: bool(self._inbox))
                receipt = self._inbox.popleft()
            self._file.write(json.dumps(receipt.entry) + os.linesep)
            self._file.flush()
            time.sleep(ROTATION_S)
            receipt.confirm()

    def post(self, **entry: Any) -> Receipt:
        receipt = Receipt(entry)
        with self._news:
            self._inbox.append(receipt)
            self._news.notify()
        return receipt


class Accountable(AgentMiddleware):
    def __init__(self, register: Register) -> None:
        super().__init__()
        self.register = register

    async def aafter_agent(self, state, runtime):
        last = state["messages"][-1]
        receipt = self.register.post(
            kind="advice", words=len(str(last.content)), turns=len(state["messages"])
        )
        if not receipt.settled():
            raise TimeoutError("register is out of reach")
        return None


@tool
async def ripeness(variety: str) -> str:
    """Tells how ripe a variety is."""
    return f"{variety}: starch index {3 + len(variety) % 5}"


def build():
    register = Register()
    register.start()
    return create_agent(ChatOpenAI(model="gpt-4o-mini"), tools=[ripeness], middleware=[Accountable(register)])
