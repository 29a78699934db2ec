"""Fills an application form from free text and writes a covering letter."""

from functools import lru_cache

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

FIELDS = {
    "job": ("applicant", "motivation", "strengths"),
    "grant": ("applicant", "project", "budget"),
}

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
extract = ChatPromptTemplate.from_template("What moves this person? {text}") | model | StrOutputParser()
letter = (
    ChatPromptTemplate.from_template("Write a covering letter from this form:\n{form}")
    | model
    | StrOutputParser()
)


@lru_cache(maxsize=64)
def blank_form(kind: str) -> dict:
    return dict.fromkeys(FIELDS[kind], "") | {"kind": kind}


class FormFiller:
    def __init__(self, kind):
        self.kind = kind

    async def fill(self, request: dict) -> dict:
        form = blank_form(self.kind)
        form["applicant"] = request["applicant"]
        form["motivation"] = await extract.ainvoke({"text": request["text"]})
        return form


def as_lines(form: dict) -> dict:
    return {"form": "\n".join(f"{key}: {value}" for key, value in form.items())}


filler = FormFiller("job")
chain = RunnableLambda(filler.fill) | as_lines | letter
