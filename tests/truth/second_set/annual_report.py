"""An annual report: chapters are written side by side, and so are the sections of each chapter."""

from concurrent.futures import ThreadPoolExecutor

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import PromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

WRITERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="writer")
SECTIONS = ("Income", "Risks")

section_chain = (
    PromptTemplate.from_template("Write the section '{section}' of the annual report of {company}.")
    | ChatOpenAI(model="gpt-4o-mini", max_retries=1)
    | StrOutputParser()
)


def write_section(company: str, section: str) -> str:
    return f"## {section}\n\n" + section_chain.invoke({"company": company, "section": section})


def write_chapter(company: str) -> str:
    drafts = [WRITERS.submit(write_section, company, section) for section in SECTIONS]
    return "\n\n".join(draft.result() for draft in drafts)


def write_report(order: dict) -> dict:
    chapter = WRITERS.submit(write_chapter, order["company"])
    return {"company": order["company"], "report": f"# {order['company']}\n\n{chapter.result()}"}


report = RunnableLambda(write_report).with_config(run_name="annual_report")
