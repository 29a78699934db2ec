"""The concierge: plans an evening, then writes the card for the room."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI


@dataclass
class Stay:
    guest: str = ""
    room: int = 0
    wishes: list[str] = field(default_factory=list)


STAY: ContextVar[Stay] = ContextVar("stay", default=Stay())


def arrive(guest: str, room: int) -> None:
    stay = STAY.get()
    stay.guest = guest
    stay.room = room
    stay.wishes.clear()


def wish(text: str) -> None:
    STAY.get().wishes.append(text)


def addressed(template: str) -> Callable[[], str]:
    def text() -> str:
        stay = STAY.get()
        return template.format(guest=stay.guest, room=stay.room, wishes="; ".join(stay.wishes))

    return text


PLAN = addressed("Plan an evening in town for {guest}.")
CARD = addressed("Write a card to {guest} in room {room}, who would like: {wishes}")


class Concierge:
    def __init__(self, model: Runnable[LanguageModelInput, AIMessage]) -> None:
        self.model = model

    async def plan(self) -> None:
        reply = await self.model.ainvoke(PLAN())
        wish(reply.text.partition(".")[0][:60])

    async def card(self) -> str:
        return (await self.model.ainvoke(CARD())).text

    async def __call__(self, request: dict[str, str]) -> dict[str, str]:
        arrive(request["guest"], len(request["guest"]) + 100)
        await self.plan()
        return {"card": await self.card()}


evening = RunnableLambda(Concierge(ChatOpenAI(model="gpt-4o-mini", temperature=0.7)).__call__)
