"""What is built while an invocation runs and should have been built once: clients, TLS contexts, graphs, agents."""

from __future__ import annotations

import functools
import ssl
import sys
from types import ModuleType
from typing import Any

from harness.target.probes.probe import Patches, ProbeContext
from harness.target.probes.recorder import current_trace

CLASSES = {
    "httpx": ("Client", "AsyncClient"),
    "httpx2": ("Client", "AsyncClient"),
    "openai": ("OpenAI", "AsyncOpenAI"),
    "aiohttp.client": ("ClientSession",),
    "langchain_openai.chat_models.base": ("ChatOpenAI",),
}
FUNCTIONS = {("langgraph.graph.state", "StateGraph"): "compile"}
AGENTS = (("langchain.agents.factory", "create_agent"), ("langchain.agents", "create_agent"))


class ConstructionsProbe:
    """Wraps constructors; a span counts only inside an invocation."""

    name = "constructions"

    def __init__(self) -> None:
        self._context: ProbeContext | None = None
        self._patches = Patches()

    def install(self, context: ProbeContext) -> None:
        self._context = context
        when_loaded = context.imports.when_loaded
        for module, classes in CLASSES.items():
            when_loaded(module, functools.partial(self._patch_classes, classes))
        for (module, owner), method in FUNCTIONS.items():
            when_loaded(module, functools.partial(self._patch_method, owner, method))
        for module, function in AGENTS:
            when_loaded(module, functools.partial(self._patch_function, function))
        self._patches.replace(
            ssl, "create_default_context", functools.partial(self._wrap, resource="tls_context")
        )
        self._patches.replace(
            ssl.SSLContext, "load_verify_locations", functools.partial(self._wrap, resource="certificates")
        )

    def uninstall(self) -> None:
        self._patches.restore()

    def _patch_classes(self, classes: tuple[str, ...], module: ModuleType) -> None:
        for name in classes:
            wrap = functools.partial(self._wrap, resource=f"{module.__name__.split('.')[0]}.{name}")
            self._patches.replace(getattr(module, name), "__init__", wrap)

    def _patch_method(self, owner: str, method: str, module: ModuleType) -> None:
        wrap = functools.partial(self._wrap, resource=f"{owner}.{method}")
        self._patches.replace(getattr(module, owner), method, wrap)

    def _patch_function(self, function: str, module: ModuleType) -> None:
        if getattr(getattr(module, function, None), "_chainload", False):
            return  # the same function under its other name
        self._patches.replace(module, function, functools.partial(self._wrap, resource=function))

    def _wrap(self, original: Any, *, resource: str) -> Any:
        def build(*args: Any, **kwargs: Any) -> Any:
            trace = current_trace()
            if trace is None or self._context is None:
                return original(*args, **kwargs)
            site = self._context.sites.of_stack(sys._getframe(1))
            span = trace.begin("construct", site, resource)
            try:
                return original(*args, **kwargs)
            finally:
                span.close(shortest_s=0.0)

        build._chainload = True  # type: ignore[attr-defined]
        return functools.wraps(original)(build)
