"""Listings for an estate agent: facts from the register, a text from the model, and a second look at it."""

import os
import tempfile
from typing import TypedDict

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from sqlalchemy import create_engine, text

REGISTER = os.path.join(tempfile.mkdtemp(prefix="register"), "houses.db")
engine = create_engine(
    f"sqlite:///{REGISTER}",
    pool_size=3,
    max_overflow=0,
    connect_args={"check_same_thread": False},
)

with engine.begin() as connection:
    connection.execute(
        text("create table house (id integer primary key, street text, rooms integer, built integer)")
    )
    connection.execute(
        text("insert into house (street, rooms, built) values (:street, :rooms, :built)"),
        [{"street": f"Mill Lane {n}", "rooms": n % 6 + 1, "built": 1900 + n} for n in range(100)],
    )

model = ChatOpenAI(model="gpt-4o-mini")
describe = (
    ChatPromptTemplate.from_template("Describe this house: {street}, {rooms} rooms, built {built}.") | model
)
check = ChatPromptTemplate.from_template("Does this listing exaggerate? Tone it down.\n\n{draft}") | model


class Listing(TypedDict, total=False):
    request: str
    draft: str
    listing: str


def draft_listing(state: Listing) -> Listing:
    house = sum(state["request"].encode()) % 100 + 1
    with engine.connect() as connection:
        row = connection.execute(
            text("select street, rooms, built from house where id = :id"), {"id": house}
        ).one()
        return {"draft": describe.invoke(row._asdict()).content}


def tone_down(state: Listing) -> Listing:
    return {"listing": check.invoke({"draft": state["draft"]}).content}


graph = StateGraph(Listing)
graph.add_node("draft_listing", draft_listing)
graph.add_node("tone_down", tone_down)
graph.add_edge(START, "draft_listing")
graph.add_edge("draft_listing", "tone_down")
graph.add_edge("tone_down", END)
listings = graph.compile()
