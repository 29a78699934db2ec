"""Survey of bridges: a finding for each inspection, and the second opinion that goes with it."""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableSerializable
from langchain_openai import ChatOpenAI
from pydantic import ConfigDict, PrivateAttr


@dataclass
class Finding:
    bridge: str
    text: str = ""
    opinions: list[str] = field(default_factory=list)

    def second(self, done: asyncio.Future[str]) -> None:
        if not done.cancelled() and done.exception() is None:
            self.opinions.append(done.result())

    def sheet(self) -> dict[str, Any]:
        return asdict(self) | {"opinion": " / ".join(self.opinions)}


def written(template: str):
    return ChatPromptTemplate.from_template(template) | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()


class Survey(RunnableSerializable[dict, dict]):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    inspector: Any = None
    reviewer: Any = None
    _reviews: set = PrivateAttr(default_factory=set)

    def model_post_init(self, context: Any) -> None:
        super().model_post_init(context)
        self.inspector = written("State of the bearings of {bridge}, in two sentences.")
        self.reviewer = written("Do you agree about {bridge}? {text}")

    def invoke(self, input: dict, config=None, **kwargs: Any) -> dict:
        return asyncio.run(self.ainvoke(input, config))

    def _ask(self, finding: Finding) -> asyncio.Future[str]:
        review = asyncio.ensure_future(
            self.reviewer.ainvoke({"bridge": finding.bridge, "text": finding.text})
        )
        self._reviews.add(review)
        review.add_done_callback(self._reviews.discard)
        review.add_done_callback(finding.second)
        return review

    async def ainvoke(self, input: dict, config=None, **kwargs: Any) -> dict:
        finding = Finding(input["bridge"])
        finding.text = await self.inspector.ainvoke(input)
        self._ask(finding)
        await asyncio.sleep(0)
        return finding.sheet()


survey = Survey()
