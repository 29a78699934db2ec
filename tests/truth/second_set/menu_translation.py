"""Menus in many languages: a row of small functions around one model call."""

import re
from operator import itemgetter
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough, chain
from langchain_openai import ChatOpenAI


def trim(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "menu": inputs["menu"].strip()}


def split(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "dishes": [dish for dish in re.split(r"[;\n]", inputs["menu"]) if dish]}


def number(inputs: dict[str, Any]) -> dict[str, Any]:
    lines = [f"{position}. {dish}" for position, dish in enumerate(inputs["dishes"], 1)]
    return {**inputs, "lines": "\n".join(lines)}


def glossary(inputs: dict[str, Any]) -> dict[str, Any]:
    words = {word for word in re.findall(r"\w+", inputs["lines"]) if len(word) > 6}
    return {**inputs, "glossary": ", ".join(sorted(words))}


def tidy(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def close(text: str) -> str:
    return text if text.endswith(".") else text + "."


@chain
def signed(text: str) -> dict[str, str]:
    return {"menu": text, "by": "the kitchen"}


prompt = ChatPromptTemplate.from_template("Into {language}:\n{lines}\nKeep as they are: {glossary}")
menus = (
    RunnableLambda(trim)
    | split
    | number
    | RunnablePassthrough.assign(language=itemgetter("language") | RunnableLambda(str.title))
    | glossary
    | prompt
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
    | tidy
    | close
    | signed
)
