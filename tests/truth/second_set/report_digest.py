"""Digest of a yearly report: summarise the sections, then the summaries."""

import httpx2
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

SECTION_CHARS = 120

http = httpx2.AsyncClient(
    limits=httpx2.Limits(max_connections=60, max_keepalive_connections=60),
    timeout=httpx2.Timeout(90),
)
model = ChatOpenAI(model="gpt-4o-mini", http_async_client=http, max_retries=1)

FILLER = (
    "Revenue rose in every region while the costs of freight fell. "
    "The board proposes a dividend and thanks the staff for its work. "
) * 12


class SectionSummaries:
    def __init__(self, llm):
        template = ChatPromptTemplate.from_template("Summarise for an investor:\n{section}")
        self.chain = template | llm | StrOutputParser()

    def split(self, text):
        return [text[i : i + SECTION_CHARS] for i in range(0, len(text), SECTION_CHARS)]

    async def __call__(self, inputs):
        sections = self.split(inputs["title"] + "\n" + FILLER)
        notes = await self.chain.abatch([{"section": s} for s in sections])
        return "\n".join(notes)


summaries = SectionSummaries(model)


def shorten(inputs):
    return {"title": inputs["title"], "digest": inputs["notes"][:2000]}


async def digest(inputs):
    return await summaries(inputs)


report = RunnablePassthrough.assign(notes=RunnableLambda(digest)) | RunnableLambda(shorten)
