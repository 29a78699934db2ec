"""Toll desk: a guarded model call with back-off and a fuse, for days when the provider has hiccups."""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_openai import ChatOpenAI
from openai import InternalServerError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential


class FuseOpen(RuntimeError):
    pass


@dataclass
class Fuse:
    """Opens for a while when half of the latest calls failed."""

    window: int = 40
    rest_s: float = 5.0
    outcomes: deque[bool] = field(default_factory=deque)
    open_until: float = 0.0

    def check(self) -> None:
        if time.monotonic() < self.open_until:
            raise FuseOpen

    def note(self, good: bool) -> None:
        self.outcomes.append(good)
        if len(self.outcomes) > self.window:
            self.outcomes.popleft()
            if self.outcomes.count(False) * 2 > self.window:
                self.open_until = time.monotonic() + self.rest_s
                self.outcomes.clear()


class Guarded(Runnable[Any, Any]):
    def __init__(self, inner: Runnable, fuse: Fuse) -> None:
        self.inner, self.fuse = inner, fuse

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        self.fuse.check()
        return self.inner.invoke(input, config, **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(InternalServerError),
            wait=wait_random_exponential(multiplier=0.2, max=3),
            stop=stop_after_attempt(5),
            reraise=True,
        ):
            with attempt:
                self.fuse.check()
                try:
                    reply = await self.inner.ainvoke(input, config, **kwargs)
                except InternalServerError:
                    self.fuse.note(False)
                    raise
                self.fuse.note(True)
        return reply


limiter = InMemoryRateLimiter(requests_per_second=300, check_every_n_seconds=0.01, max_bucket_size=60)
model = ChatOpenAI(model="gpt-4o-mini", max_retries=0, rate_limiter=limiter)
toll = (
    ChatPromptTemplate.from_template("Which toll applies: {load}?")
    | Guarded(model, Fuse())
    | StrOutputParser()
)
