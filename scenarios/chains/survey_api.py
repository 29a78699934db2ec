"""Thanks a customer at once and reads the survey afterwards.  Healthy: work goes on after the answer, on purpose."""

from __future__ import annotations

from fastapi import BackgroundTasks, FastAPI
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
thank = (
    ChatPromptTemplate.from_template("Thank for this survey in a sentence: {text}")
    | model
    | StrOutputParser()
)
rate = ChatPromptTemplate.from_template("Rate from 1 to 5: {text}") | model | StrOutputParser()
chain = FastAPI()


class Survey(BaseModel):
    text: str


async def keep_rating(text: str) -> None:
    await rate.ainvoke({"text": text})


@chain.post("/surveys")
async def take_survey(survey: Survey, background: BackgroundTasks) -> dict[str, str]:
    background.add_task(keep_rating, survey.text)
    return {"answer": await thank.ainvoke({"text": survey.text})}
