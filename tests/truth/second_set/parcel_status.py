"""Parcel enquiries: extract the number, then answer; a generous bound keeps us polite to the provider."""

import asyncio

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

AT_ONCE = asyncio.Semaphore(64)
model = ChatOpenAI(model="gpt-4o-mini", timeout=60, max_retries=1)
extract = ChatPromptTemplate.from_template("Which parcel number is in: {message}") | model | StrOutputParser()
answer = (
    ChatPromptTemplate.from_template("Parcel {number} is in transit. Answer: {message}")
    | model
    | StrOutputParser()
)


async def enquiry(message: str) -> str:
    async with AT_ONCE:
        number = await extract.ainvoke({"message": message})
        return await answer.ainvoke({"number": number[:40], "message": message})


parcels = RunnableLambda(enquiry)
