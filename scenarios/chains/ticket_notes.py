"""Adds a summary to a ticket from the database.  `broken` keeps its connection while the model writes."""

from __future__ import annotations

from functools import partial
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI
from sqlalchemy import Engine, QueuePool, create_engine, text

CONNECTIONS = 3


def open_database() -> Engine:
    """A database with one table, and few connections to it."""
    engine = create_engine(
        "sqlite:///file:tickets?mode=memory&cache=shared&uri=true",
        poolclass=QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS tickets (number INTEGER, body TEXT)"))
        connection.execute(text("INSERT INTO tickets VALUES (1, 'The shade of my lamp Iris is cracked.')"))
    return engine


def sum_up_holding(engine: Engine, model: ChatOpenAI, number: int) -> str:
    """The connection goes back only when the model has answered."""
    with engine.connect() as connection:
        body = connection.execute(text("SELECT body FROM tickets WHERE number = 1")).scalar_one()
        return str(model.invoke(f"Sum up ticket {number}: {body}").content)


def sum_up(engine: Engine, model: ChatOpenAI, number: int) -> str:
    """The connection is back before the model is asked."""
    with engine.connect() as connection:
        body = connection.execute(text("SELECT body FROM tickets WHERE number = 1")).scalar_one()
    return str(model.invoke(f"Sum up ticket {number}: {body}").content)


def make_broken() -> Runnable[Any, Any]:
    return RunnableLambda(partial(sum_up_holding, open_database(), ChatOpenAI(model="gpt-4o-mini")))


def make_fixed() -> Runnable[Any, Any]:
    return RunnableLambda(partial(sum_up, open_database(), ChatOpenAI(model="gpt-4o-mini")))


broken = make_broken
fixed = make_fixed
