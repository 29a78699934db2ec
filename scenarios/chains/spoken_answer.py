"""Reads an answer out while it is written.  `broken` sends each token to the speech service, and waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableGenerator
from langchain_openai import ChatOpenAI

SPEECH_S = 0.03  # that the service needs for a call
TOKENS_A_CALL = 20
PROMPT = ChatPromptTemplate.from_template("Tell me in three sentences how to {task}.")


class SpeechService:
    async def speak(self, text: str) -> None:
        await asyncio.sleep(SPEECH_S)


service = SpeechService()


async def speak_each_token(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    async for token in tokens:
        await service.speak(token)
        yield token


async def speak_sentences(tokens: AsyncIterator[str]) -> AsyncIterator[str]:
    """Some twenty tokens a call."""
    waiting: list[str] = []
    async for token in tokens:
        waiting.append(token)
        if len(waiting) == TOKENS_A_CALL:
            await service.speak("".join(waiting))
            waiting.clear()
        yield token
    await service.speak("".join(waiting))


def make_chain(speak: Any) -> Runnable[Any, Any]:
    return PROMPT | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser() | RunnableGenerator(speak)


broken = make_chain(speak_each_token)
fixed = make_chain(speak_sentences)
