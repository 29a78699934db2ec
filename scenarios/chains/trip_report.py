"""Writes a report, on a provider of finite size.  `broken` writes a draft and then the report; `fixed` the report."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o", temperature=0.2)
draft = ChatPromptTemplate.from_template("Draft a report on a trip to {city}.") | model | StrOutputParser()
polish = ChatPromptTemplate.from_template("Polish this report.\n\n{draft}") | model | StrOutputParser()
report = (
    ChatPromptTemplate.from_template("Write a polished report on a trip to {city}.")
    | model
    | StrOutputParser()
)

broken = {"draft": draft} | polish
fixed = report
