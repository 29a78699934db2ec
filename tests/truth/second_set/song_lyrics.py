"""Which songs are like this one?  Lyrics are embedded by a small service that takes one batch at a time."""

import asyncio

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI


class QueuedEmbeddings(Embeddings):
    """Texts go through a queue; a worker hands them to the encoder."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, asyncio.Future]] = asyncio.Queue()
        self._worker: asyncio.Task | None = None

    def _encode(self, text: str) -> list[float]:
        return np.random.default_rng(sum(text.encode())).normal(size=32).tolist()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._encode(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self._encode(text)

    async def _work(self) -> None:
        while True:
            text, vector = await self._queue.get()
            await asyncio.sleep(0.12)
            vector.set_result(self._encode(text))

    async def aembed_query(self, text: str) -> list[float]:
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        vector = asyncio.get_running_loop().create_future()
        await self._queue.put((text, vector))
        return await vector


songs = InMemoryVectorStore(QueuedEmbeddings())
songs.add_texts([f"Song {n}: a river, a road and {n} lights" for n in range(200)])


async def alike(lyrics: str) -> str:
    found = await songs.asimilarity_search(lyrics, k=3)
    return "\n".join(song.page_content for song in found)


recommend = (
    {"alike": RunnableLambda(alike), "lyrics": RunnablePassthrough()}
    | ChatPromptTemplate.from_template("Recommend one of these:\n{alike}\n\nto somebody who likes: {lyrics}")
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
