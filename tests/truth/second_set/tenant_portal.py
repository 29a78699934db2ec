"""Landlord portal: tenants ask about their lease; who they are comes from the company directory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import PromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

LDAP_BIND_S = 0.35
LDAP_SEARCH_S = 0.45

chain = (
    PromptTemplate.from_template("Tenant {name}, unit {unit}, asks: {text}\nAnswer from the lease.")
    | ChatOpenAI(model="gpt-4o-mini", temperature=0, timeout=60)
    | StrOutputParser()
)


class Directory:
    """The LDAP client has no asyncio interface."""

    def bind(self) -> None:
        time.sleep(LDAP_BIND_S)

    def search(self, uid: str) -> dict[str, str]:
        time.sleep(LDAP_SEARCH_S)
        return {"name": f"tenant {uid}", "unit": "3b"}


@contextmanager
def directory() -> Iterator[Directory]:
    connection = Directory()
    connection.bind()
    yield connection


class Tenant(BaseModel):
    name: str
    unit: str


def current_tenant(x_uid: Annotated[str, Header()] = "t-100") -> Tenant:
    with directory() as connection:
        return Tenant(**connection.search(x_uid))


class LeaseQuestion(BaseModel):
    text: str


app = FastAPI()


@app.post("/lease/ask")
async def ask(question: LeaseQuestion, tenant: Annotated[Tenant, Depends(current_tenant)]) -> dict[str, str]:
    text = await chain.ainvoke({"name": tenant.name, "unit": tenant.unit, "text": question.text})
    return {"tenant": tenant.name, "answer": text}
