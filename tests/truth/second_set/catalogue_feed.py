"""Answers over the day's catalogue feed, which is parsed and checked for each question."""

import json
import re
from typing import Annotated

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, TypeAdapter, field_validator


class Article(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d+$")]
    name: str
    price: float = Field(gt=0)
    tags: list[str] = []

    @field_validator("name")
    @classmethod
    def tidy(cls, value):
        return re.sub(r"\s+", " ", value).strip()


FEED = json.dumps(
    [
        {"sku": f"AB-{n}", "name": f"  Article   {n} ", "price": 1 + n / 10, "tags": ["a", "b", "c"]}
        for n in range(400)
    ]
)
articles = TypeAdapter(list[Article])


def parse(_):
    return articles.validate_python(json.loads(FEED))


def cheapest(inputs):
    best = sorted(inputs["feed"], key=lambda article: article.price)[:5]
    return "\n".join(f"{a.sku} {a.name} {a.price:.2f}" for a in best)


chain = (
    RunnableParallel(feed=RunnableLambda(parse), question=RunnablePassthrough())
    | RunnablePassthrough.assign(offers=RunnableLambda(cheapest))
    | ChatPromptTemplate.from_template("{offers}\n\n{question}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
