"""The steps of a chain, from LangChain's own callbacks: spans when they end, names while they are open.

One handler for each invocation, found by LangChain through a context variable (``register_configure_hook``), and run
inline: one that is not would cost a thread hop for each event.
"""

from __future__ import annotations

import hashlib
import time
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers.context import _configure_hooks, register_configure_hook

from harness.probe_records import Anomaly
from harness.records import StepOpen
from harness.target.invocation import STEPS
from harness.target.probes.probe import ProbeContext
from harness.target.probes.recorder import OpenSpan, OpenTrace
from harness.target.probes.sites import UNKNOWN

MAX_EARLY_ENDS = 20  # said


class RunTreeProbe:
    """Lets LangChain look for the handler."""

    name = "run_tree"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._early_ends = 0

    def install(self, context: ProbeContext | None = None) -> None:
        """Without a context steps are known while they are open, and nothing is written."""
        self._context = context
        if not any(hook[0] is STEPS for hook in _configure_hooks):
            register_configure_hook(STEPS, inheritable=True)
        if context is not None:
            context.recorder.on_begin.append(self._begin)

    def uninstall(self) -> None:
        _configure_hooks[:] = [hook for hook in _configure_hooks if hook[0] is not STEPS]
        if self._context is not None and self._begin in self._context.recorder.on_begin:
            self._context.recorder.on_begin.remove(self._begin)

    def _begin(self, trace: OpenTrace) -> None:
        trace.steps = RunTree(trace, on_early_end=self._note_early_end) if trace.has_steps else None
        STEPS.set(trace.steps)

    def _note_early_end(self, trace: OpenTrace, parent: str, child: str) -> None:
        self._early_ends += 1
        if self._context is not None and self._early_ends <= MAX_EARLY_ENDS:
            self._context.emit(
                Anomaly(
                    at_s=time.monotonic(),
                    kind="parent_ended_first",
                    message=f"{parent} ended while its step {child} was still running",
                    trace_id=trace.trace_id,
                )
            )


class RunTree(BaseCallbackHandler):
    """The steps of one invocation."""

    run_inline = True
    raise_error = False

    def __init__(self, trace: OpenTrace, *, on_early_end: Any = None) -> None:
        self._trace = trace
        self._open: dict[UUID, tuple[OpenSpan, UUID | None]] = {}
        self._on_early_end = on_early_end

    def open_steps(self) -> list[StepOpen]:
        """Outermost first."""
        spans = sorted((span for span, _ in self._open.copy().values()), key=lambda span: span.start_s)
        names = [(span.resource.partition(":"), span.start_s) for span in spans]
        return [StepOpen(name=name, kind=kind, start_s=start_s) for (kind, _, name), start_s in names]

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        metadata: dict[str, Any] = kwargs.get("metadata") or {}
        is_node = metadata.get("langgraph_node") is not None and metadata["langgraph_node"] == kwargs.get(
            "name"
        )
        self._start("node" if is_node else kwargs.get("run_type") or "chain", serialized, run_id, kwargs)

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._start("llm", serialized, run_id, kwargs)

    def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._start("llm", serialized, run_id, kwargs)

    def on_tool_start(self, serialized: Any, input_str: str, *, run_id: UUID, **kwargs: Any) -> None:
        self._start("tool", serialized, run_id, kwargs, detail=hash_of(input_str))

    def on_retriever_start(self, serialized: Any, query: str, *, run_id: UUID, **kwargs: Any) -> None:
        self._start("retriever", serialized, run_id, kwargs)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id)

    def on_llm_end(self, response: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, failed=True)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, failed=True)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, failed=True)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(run_id, failed=True)

    def _start(
        self, kind: str, serialized: Any, run_id: UUID, options: dict[str, Any], detail: str = ""
    ) -> None:
        name = options.get("name") or name_of(serialized, kind)
        span = self._trace.begin("step", UNKNOWN, f"{kind}:{name}", detail=detail)
        self._open[run_id] = (span, options.get("parent_run_id"))

    def _end(self, run_id: UUID, *, failed: bool = False) -> None:
        span, _ = self._open.pop(run_id, (None, None))
        if span is None:
            return
        if not failed and self._on_early_end is not None:
            for child, parent_id in self._open.values():
                if parent_id == run_id:
                    self._on_early_end(self._trace, span.resource, child.resource)
        span.close(shortest_s=0.0)


def name_of(serialized: Any, otherwise: str) -> str:
    """The name of what is run, as LangChain describes it."""
    if not isinstance(serialized, dict):
        return otherwise
    return str(serialized.get("name") or (serialized.get("id") or [otherwise])[-1])


def hash_of(text: Any) -> str:
    """A few digits that are equal for equal arguments."""
    return hashlib.blake2b(str(text)[:10_000].encode(errors="replace"), digest_size=4).hexdigest()
