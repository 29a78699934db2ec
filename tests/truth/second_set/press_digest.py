"""Press digest: every article of the morning is summarised, then the summaries are."""

from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

model = ChatOpenAI(model="gpt-4o-mini", timeout=60)
summarise = ChatPromptTemplate.from_template("In one sentence: {article}") | model | StrOutputParser()
digest = ChatPromptTemplate.from_template("Digest for {reader}:\n{lines}") | model | StrOutputParser()


class Morning(BaseModel):
    reader: str
    topic: str = "markets"


def articles(topic: str) -> list[str]:
    return [f"{topic}, article {number}: shares moved again today" for number in range(12)]


app = FastAPI()


@app.post("/digest")
def make_digest(morning: Morning) -> dict[str, str]:
    found = articles(morning.topic)
    with ThreadPoolExecutor(max_workers=len(found)) as pool:
        lines = list(pool.map(lambda article: summarise.invoke({"article": article}), found))
    return {"digest": digest.invoke({"reader": morning.reader, "lines": "\n".join(lines)})}
