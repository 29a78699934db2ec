"""Reviews a public tender section by section; sections and tenders share one pool."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

WORKERS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="review")
SECTIONS = ("scope", "price", "deadlines")

section_chain = (
    ChatPromptTemplate.from_template("Check the {section} of tender {tender} for risks.")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)
summary_chain = (
    ChatPromptTemplate.from_template("Summarise these risks for the board:\n{risks}")
    | ChatOpenAI(model="gpt-4o-mini", timeout=60)
    | StrOutputParser()
)


def review_section(tender: str, section: str) -> str:
    return section_chain.invoke({"tender": tender, "section": section})


def review_tender(tender: str) -> str:
    parts = [WORKERS.submit(review_section, tender, section) for section in SECTIONS]
    risks = [part.result() for part in parts]
    return summary_chain.invoke({"risks": "\n".join(risks)})


def review(inputs: dict[str, Any]) -> str:
    job = WORKERS.submit(review_tender, inputs["tender"])
    return job.result()


chain = RunnableLambda(review)
