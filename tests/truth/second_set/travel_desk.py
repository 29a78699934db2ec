"""Travel desk agent graph: timetable sessions are few, so they are kept and lent out."""

import asyncio
import itertools
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph


class NoTrainError(Exception):
    pass


class TimetableSession:
    numbers = itertools.count(1)

    async def departures(self, station):
        await asyncio.sleep(0.1)
        if next(self.numbers) % 10 == 0:
            raise NoTrainError(station)
        return ["08:04", "09:04", "10:04"]


class Sessions:
    def __init__(self, size):
        self.idle = asyncio.LifoQueue()
        for _ in range(size):
            self.idle.put_nowait(TimetableSession())

    async def borrow(self):
        return await self.idle.get()

    def give_back(self, session):
        self.idle.put_nowait(session)


class Timetable:
    def __init__(self, sessions):
        self.sessions = sessions

    async def departures(self, station):
        session = await self.sessions.borrow()
        times = await session.departures(station)
        self.sessions.give_back(session)
        return times


class Trip(TypedDict, total=False):
    station: str
    times: list[str]
    advice: str


class TravelDesk:
    def __init__(self, timetable):
        self.timetable = timetable
        self.advise_chain = ChatPromptTemplate.from_template(
            "From {station} at {times}. Which train?"
        ) | ChatOpenAI(model="gpt-4o-mini")

    async def look_up(self, state: Trip):
        try:
            return {"times": await self.timetable.departures(state["station"])}
        except NoTrainError:
            return {"times": []}

    async def advise(self, state: Trip):
        return {"advice": (await self.advise_chain.ainvoke(state)).text}

    def graph(self):
        graph = StateGraph(Trip)
        graph.add_node("look_up", self.look_up)
        graph.add_node("advise", self.advise)
        graph.add_edge(START, "look_up")
        graph.add_edge("look_up", "advise")
        graph.add_edge("advise", END)
        return graph.compile()


desk = TravelDesk(Timetable(Sessions(size=8))).graph()
