"""Calls back when a module has been imported, so that only libraries the chain uses are touched."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Callback = Callable[[ModuleType], None]


class ImportHook(MetaPathFinder):
    """A finder that finds nothing itself: it lets the others find and listens to the loading."""

    def __init__(self, on_failure: Callable[[str, Exception], None] = lambda name, error: None) -> None:
        self._on_failure = on_failure
        self._waiting: dict[str, list[Callback]] = {}
        self._searching: set[str] = set()

    def install(self) -> None:
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        self._waiting.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    @property
    def waiting(self) -> list[str]:
        """Modules that were not imported so far."""
        return sorted(self._waiting)

    def when_loaded(self, name: str, call: Callback) -> None:
        """Call with the module: now when it is loaded already, else right after its import."""
        module = sys.modules.get(name)
        if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
            self._call(name, call, module)
        else:
            self._waiting.setdefault(name, []).append(call)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._waiting or fullname in self._searching:
            return None
        self._searching.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        except (ImportError, ValueError):
            return None
        finally:
            self._searching.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Listening(spec.loader, lambda module: self._loaded(fullname, module))
        return spec

    def _loaded(self, name: str, module: ModuleType) -> None:
        for call in self._waiting.pop(name, []):
            self._call(name, call, module)

    def _call(self, name: str, call: Callback, module: ModuleType) -> None:
        try:
            call(module)
        except Exception as error:  # another version than we know: it must not break the user's import
            self._on_failure(name, error)


class _Listening(Loader):
    """A loader that does what another does, then says so."""

    def __init__(self, inner: Loader, then: Callback) -> None:
        self._inner = inner
        self._then = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        if spec is not None:
            spec.loader = module.__loader__ = self._inner
        self._inner.exec_module(module)
        self._then(module)
