"""Blood bank hotline: two questions at the same time, tried again when the provider stumbles."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

primary = ChatOpenAI(model="gpt-4o", timeout=20, max_retries=1)
backup = ChatOpenAI(model="gpt-4o-mini", timeout=20, max_retries=2)
model = primary.with_retry(stop_after_attempt=2, wait_exponential_jitter=True).with_fallbacks([backup])

eligibility = (
    ChatPromptTemplate.from_template("May this person give blood? {message}") | model | StrOutputParser()
)
urgency = ChatPromptTemplate.from_template("How urgent is this? {message}") | model | StrOutputParser()
answer = (
    ChatPromptTemplate.from_template("Eligible: {eligibility}\nUrgency: {urgency}\nReply to: {message}")
    | model
    | StrOutputParser()
)
hotline = RunnableParallel(eligibility=eligibility, urgency=urgency, message=RunnablePassthrough()) | answer
