"""Answers about company policies, with the certificates of the company's own authority."""

import contextlib
import ssl

import httpx2
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

prompt = ChatPromptTemplate.from_template("According to the travel policy: {question}")


class Transport:
    """Everything about how this company reaches the outside."""

    timeout_s = 30

    def trust(self):
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    @contextlib.asynccontextmanager
    async def session(self):
        async with httpx2.AsyncClient(verify=self.trust(), timeout=self.timeout_s) as http:
            yield http


class Policies:
    def __init__(self, transport):
        self.transport = transport

    def chain(self, http):
        llm = ChatOpenAI(model="gpt-4o-mini", http_async_client=http)
        return prompt | llm | StrOutputParser()

    async def answer(self, inputs: dict) -> str:
        async with self.transport.session() as http:
            return await self.chain(http).ainvoke(inputs)


def application():
    return RunnableLambda(Policies(Transport()).answer)
