"""Job adverts from a manager's notes."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableBranch, RunnablePassthrough
from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", max_retries=4)

technical = ChatPromptTemplate.from_template(
    "Advert for an engineer. Stack first, then duties.\n\nNotes: {notes}"
)
general = ChatPromptTemplate.from_template(
    "Advert for a position. Duties first, then benefits.\n\nNotes: {notes}"
)


def is_technical(job: dict) -> bool:
    return any(word in job["notes"].lower() for word in ("python", "backend", "kubernetes"))


write = RunnableBranch((is_technical, technical), general) | model | StrOutputParser()

advert = (
    RunnablePassthrough.assign(text=write.with_retry(stop_after_attempt=3, wait_exponential_jitter=True))
    | (lambda job: {"title": job["text"].split("\n")[0][:80], "text": job["text"]})
).with_config(run_name="job_advert")
