"""Reviews a grant application: criteria are scored side by side, a few at a time, then summed up."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.func import entrypoint, task

CRITERIA = ["aims", "method", "budget", "team", "impact", "ethics", "data", "schedule"]

model = ChatOpenAI(model="gpt-4o-mini", temperature=0)
score = (
    ChatPromptTemplate.from_template(
        "Score the application from 1 to 5 for its {criterion}:\n\n{application}"
    )
    | model
    | StrOutputParser()
)
summary = ChatPromptTemplate.from_template("Sum up these reviews:\n\n{reviews}") | model | StrOutputParser()


@task
async def score_all(application: str) -> list[str]:
    inputs = [{"criterion": criterion, "application": application} for criterion in CRITERIA]
    return await score.abatch(inputs, config={"max_concurrency": 3})


@task
async def sum_up(reviews: list[str]) -> str:
    return await summary.ainvoke({"reviews": "\n".join(review[:200] for review in reviews)})


@entrypoint()
async def review(application: str) -> dict:
    reviews = await score_all(application)
    return {"reviews": dict(zip(CRITERIA, reviews, strict=True)), "summary": await sum_up(reviews)}
