"""Support tickets: label first, then draft a reply with the premium model."""

import asyncio
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from pydantic import PrivateAttr


class Gateway(BaseChatModel):
    """Counts the premium calls of this service and passes them on."""

    inner: ChatOpenAI
    width: int = 5
    _gate: asyncio.Semaphore = PrivateAttr()
    _calls: int = PrivateAttr(default=0)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._gate = asyncio.Semaphore(self.width)

    @property
    def _llm_type(self) -> str:
        return "gateway"

    def _wrap(self, message: AIMessage) -> ChatResult:
        self._calls += 1
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return self._wrap(self.inner.invoke(messages, stop=stop, **kwargs))

    async def _agenerate(self, messages, stop=None, run_manager=None, **kwargs):
        async with self._gate:
            message = await self.inner.ainvoke(messages, stop=stop, **kwargs)
        return self._wrap(message)


class Ticket(TypedDict, total=False):
    text: str
    label: str
    reply: str


quick = ChatOpenAI(model="gpt-4o-mini")
premium = Gateway(inner=ChatOpenAI(model="gpt-4o"))


async def label(state: Ticket):
    answer = await quick.ainvoke([HumanMessage("One word for: " + state["text"])])
    return {"label": answer.text[:20]}


async def draft(state: Ticket):
    answer = await premium.ainvoke([HumanMessage(f"[{state['label']}] Reply to: {state['text']}")])
    return {"reply": answer.text}


graph = StateGraph(Ticket)
graph.add_node("label", label)
graph.add_node("draft", draft)
graph.add_edge(START, "label")
graph.add_edge("label", "draft")
graph.add_edge("draft", END)
tickets = graph.compile()
