"""An audio guide: finds the exhibit a visitor means, then tells its story in the visitor's language."""

import asyncio
import time

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI


class Turnstile:
    """Lets visitors through at an even pace."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._next = 0.0

    async def enter(self, value):
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            await asyncio.sleep(mine - now)
        return value


turnstile = Turnstile(per_second=10)
small = ChatOpenAI(model="gpt-4o-mini")
voice = ChatOpenAI(model="gpt-4o", temperature=0.7)

identify = (
    ChatPromptTemplate.from_template("Name the exhibit that the visitor means: {question}")
    | small
    | StrOutputParser()
)
narrate = (
    ChatPromptTemplate.from_template("Tell the story of {exhibit} in two minutes, for: {question}")
    | RunnableLambda(turnstile.enter)
    | voice
    | StrOutputParser()
)

guide = RunnablePassthrough.assign(exhibit=identify) | RunnablePassthrough.assign(story=narrate)
