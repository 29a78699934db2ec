"""Remarks on a customer's ledger; entries come from the database."""

import os
import tempfile
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import QueuePool

path = os.path.join(tempfile.mkdtemp(prefix="ledger-"), "ledger.db")
engine = create_engine(
    f"sqlite:///{path}",
    poolclass=QueuePool,
    pool_size=4,
    max_overflow=1,
    connect_args={"check_same_thread": False},
)
make_session = sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    amount: Mapped[float]


Base.metadata.create_all(engine)
with make_session.begin() as setup:
    setup.add_all(Entry(customer="default", amount=n * 1.5) for n in range(25))


def session() -> Iterator[Session]:
    with make_session() as opened:
        yield opened


class Ledger:
    def __init__(self, db: Annotated[Session, Depends(session)]):
        self.db = db

    def amounts(self, customer):
        return list(self.db.scalars(select(Entry.amount).where(Entry.customer == customer)))


class Query(BaseModel):
    q: str
    customer: str = "default"


remark = (
    ChatPromptTemplate.from_template("Entries: {amounts}\n{q}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
app = FastAPI(title="ledger")


@app.post("/remark")
def comment(query: Query, ledger: Annotated[Ledger, Depends()]):
    amounts = ledger.amounts(query.customer)
    return {"entries": len(amounts), "remark": remark.invoke({"amounts": amounts, "q": query.q})}
