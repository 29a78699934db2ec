"""Assembles a dossier from several archives and has the model write the introduction."""

import asyncio
import time
from concurrent.futures import Executor, ThreadPoolExecutor

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


class Archive:
    def __init__(self, name, latency_s):
        self.name = name
        self.latency_s = latency_s

    def read(self, subject):
        time.sleep(self.latency_s)
        return f"{self.name} on {subject}"


class Assembler:
    def __init__(self, archives, pool: Executor):
        self.archives = archives
        self.pool = pool

    def assemble(self, subject):
        parts = self.pool.map(lambda archive: archive.read(subject), self.archives)
        return "\n".join(parts)


class Background:
    def __init__(self, pool: Executor):
        self.pool = pool

    async def run(self, function, *args):
        return await asyncio.get_running_loop().run_in_executor(self.pool, function, *args)


def build():
    pool = ThreadPoolExecutor(max_workers=6, thread_name_prefix="work")
    assembler = Assembler([Archive("press", 0.2), Archive("court", 0.25)], pool)
    background = Background(pool)

    async def dossier(inputs: dict) -> dict:
        return {"parts": await background.run(assembler.assemble, inputs["subject"])}

    prompt = ChatPromptTemplate.from_template("Introduction to:\n{parts}")
    return RunnableLambda(dossier) | prompt | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
