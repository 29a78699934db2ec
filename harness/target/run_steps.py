"""The steps of the chain that are open, from LangChain's own callbacks.

One handler for each invocation, found by LangChain through a context variable (``register_configure_hook``), and run
inline: one that is not would cost a thread hop for each event.
"""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import register_configure_hook

from harness.records import StepOpen
from harness.target.invocation import STEPS


def install() -> None:
    """Let LangChain look for the handler.  Once in a process: there is no way to take it back."""
    register_configure_hook(STEPS, inheritable=True)


class RunSteps(BaseCallbackHandler):
    """Which steps of one invocation have begun and not ended."""

    run_inline = True
    raise_error = False

    def __init__(self) -> None:
        self._open: dict[UUID, tuple[str, str, float]] = {}

    def open_steps(self) -> list[StepOpen]:
        """Outermost first."""
        steps = sorted(self._open.copy().values(), key=lambda step: step[2])
        return [StepOpen(name=name, kind=kind, start_s=start_s) for name, kind, start_s in steps]

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        name = kwargs.get("name") or _name_of(serialized, "chain")
        metadata: dict[str, Any] = kwargs.get("metadata") or {}
        is_node = metadata.get("langgraph_node") == name
        self._open[run_id] = (
            name,
            "node" if is_node else kwargs.get("run_type") or "chain",
            time.monotonic(),
        )

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open[run_id] = (kwargs.get("name") or _name_of(serialized, "llm"), "llm", time.monotonic())

    def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open[run_id] = (kwargs.get("name") or _name_of(serialized, "llm"), "llm", time.monotonic())

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_tool_start(self, serialized: Any, input_str: str, *, run_id: UUID, **kwargs: Any) -> None:
        self._open[run_id] = (kwargs.get("name") or _name_of(serialized, "tool"), "tool", time.monotonic())

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_retriever_start(self, serialized: Any, query: str, *, run_id: UUID, **kwargs: Any) -> None:
        self._open[run_id] = (
            kwargs.get("name") or _name_of(serialized, "retriever"),
            "retriever",
            time.monotonic(),
        )

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._open.pop(run_id, None)


def _name_of(serialized: Any, otherwise: str) -> str:
    if not isinstance(serialized, dict):
        return otherwise
    return str(serialized.get("name") or (serialized.get("id") or [otherwise])[-1])
