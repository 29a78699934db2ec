"""Help desk: routes a question, answers it, and has a plan B for everything."""

from operator import itemgetter

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import RunnableBranch, RunnablePassthrough
from langchain_openai import ChatOpenAI

limiter = InMemoryRateLimiter(requests_per_second=400, check_every_n_seconds=0.01, max_bucket_size=400)


def assistant(system, model="gpt-4o-mini"):
    prompt = ChatPromptTemplate.from_messages([("system", system), ("human", "{question}")])
    first = prompt | ChatOpenAI(model=model, max_retries=4, timeout=30, rate_limiter=limiter)
    second = prompt | ChatOpenAI(model="gpt-4o", max_retries=2, timeout=30)
    return (
        first.with_retry(stop_after_attempt=4, wait_exponential_jitter=True).with_fallbacks([second])
        | StrOutputParser()
    )


route = assistant("Is this about billing, hardware or something else? One word.")
desk = RunnableBranch(
    (lambda x: "billing" in x["topic"].lower(), assistant("You are the billing desk.")),
    (lambda x: "hardware" in x["topic"].lower(), assistant("You are the hardware desk.")),
    assistant("You are the general help desk."),
)
helpdesk = RunnablePassthrough.assign(topic=route) | {"topic": itemgetter("topic"), "answer": desk}
