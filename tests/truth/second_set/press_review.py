"""Press review: a headline, then a paragraph under it; dependable in the face of hiccups."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_openai import ChatOpenAI


def dependable(step: Runnable) -> Runnable:
    return step.with_retry(stop_after_attempt=5, wait_exponential_jitter=True)


def writer(template: str, **settings) -> Runnable:
    llm = ChatOpenAI(model="gpt-4o-mini", max_retries=6, **settings)
    return dependable(ChatPromptTemplate.from_template(template) | llm | StrOutputParser())


headline = writer("A headline for this story: {story}", temperature=0.7)
paragraph = writer("Under the headline {headline}, tell this story in 60 words: {story}")


def clean(text: str) -> str:
    return text.strip().strip('"')


review = (
    RunnablePassthrough.assign(headline=headline | clean)
    | RunnablePassthrough.assign(paragraph=paragraph | clean)
    | (lambda story: {"headline": story["headline"], "paragraph": story["paragraph"]})
)
