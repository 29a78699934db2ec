"""Loan officer's assistant: reads the file, asks the model, writes the decision back."""

import os
import tempfile
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from sqlalchemy import Connection, QueuePool, create_engine, text

DATABASE = Path(tempfile.gettempdir()) / f"loans-{os.getpid()}.sqlite"
engine = create_engine(
    f"sqlite:///{DATABASE}",
    poolclass=QueuePool,
    pool_size=3,
    max_overflow=0,
    pool_timeout=60,
    connect_args={"check_same_thread": False},
)
with engine.begin() as connection:
    connection.execute(text("PRAGMA journal_mode=WAL"))
    connection.execute(text("CREATE TABLE IF NOT EXISTS loans (id TEXT PRIMARY KEY, income INT, debt INT)"))
    connection.execute(text("INSERT OR IGNORE INTO loans VALUES ('L1', 5200, 310)"))

assess = (
    ChatPromptTemplate.from_template("Income {income}, debt {debt}. The applicant writes: {letter}\nAssess.")
    | ChatOpenAI(model="gpt-4o", timeout=60)
    | StrOutputParser()
)


def load(connection: Connection, loan: str) -> dict[str, Any]:
    row = connection.execute(text("SELECT income, debt FROM loans WHERE id = :id"), {"id": loan}).one()
    return {"income": row.income, "debt": row.debt}


def decide(inputs: dict[str, Any]) -> str:
    with engine.connect() as connection:
        file = load(connection, inputs.get("loan", "L1"))
        opinion = assess.invoke({**file, "letter": inputs["letter"]})
        connection.execute(text("SELECT 1"))
        return opinion


officer = RunnableLambda(decide)
