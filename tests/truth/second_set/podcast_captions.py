"""Live captions for a podcast, family-friendly: names on the block list are starred out while the text streams."""

import re
import time
from collections.abc import AsyncIterator

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableGenerator
from langchain_openai import ChatOpenAI

WORD = re.compile(r"\w+")


class Lexicon:
    """Client of the moderation sidecar."""

    def __init__(self, words: set[str]) -> None:
        self._words = words

    def is_listed(self, text: str) -> list[str]:
        time.sleep(0.008)
        return [word for word in WORD.findall(text.lower()) if word in self._words]


lexicon = Lexicon({"darn", "heck", "blast"})


async def star_out(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    async for piece in pieces:
        for word in lexicon.is_listed(piece):
            piece = piece.replace(word, "*" * len(word))
        yield piece


captions = (
    ChatPromptTemplate.from_messages(
        [("system", "Write captions for the episode, one sentence a line."), ("human", "{transcript}")]
    )
    | ChatOpenAI(model="gpt-4o-mini", streaming=True)
    | StrOutputParser()
    | RunnableGenerator(star_out)
)
