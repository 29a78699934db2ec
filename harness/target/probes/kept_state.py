"""How much the user's code keeps from one request to the next: a history, a cache, a list that nobody empties."""

from __future__ import annotations

import linecache
import sys
from types import ModuleType

from harness.probe_records import LEAST_KEPT, KeptState
from harness.target.frames import FrameReader
from harness.target.probes.kept_places import find_place
from harness.target.probes.kept_walk import Key, find_kept
from harness.target.probes.probe import ProbeContext
from harness.target.probes.sites import UNKNOWN

PERIOD_S = 2.0
CHANGED_RATIO = 0.05


class KeptStateProbe:
    """Writes KeptState."""

    name = "kept_state"

    def __init__(self, frames: FrameReader) -> None:
        self._frames = frames
        self._context: ProbeContext | None = None
        self._written: dict[Key, int] = {}
        self._marked: set[Key] = set()  # seen to hold a canary
        self._sites: dict[Key, int] = {}
        self._known: dict[str, bool] = {}  # modules: whether they are the user's
        self._modules: tuple[int, list[ModuleType]] = (0, [])  # how many there were of all, and the user's

    def install(self, context: ProbeContext) -> None:
        self._context = context
        context.observer.every(PERIOD_S, self._look, name=self.name)

    def uninstall(self) -> None:
        if self._context is not None:
            self._context.observer.stop_doing(self.name)

    def _look(self, now_s: float) -> None:
        assert self._context is not None
        modules = self._find_modules()
        kept = find_kept(modules, self._context.roots, self._frames.is_user)
        news = kept.marked - self._marked
        for key in {**kept.sizes, **dict.fromkeys(news)}:
            size, before = kept.sizes[key], self._written.get(key, 0)
            has_grown = size >= LEAST_KEPT and abs(size - before) > CHANGED_RATIO * before
            if has_grown:
                self._written[key] = size
            if has_grown or key in news:
                self._emit(key, now_s, size, holds_canary=key in kept.marked)
        self._marked |= news

    def _emit(self, key: Key, now_s: float, size: int, *, holds_canary: bool) -> None:
        assert self._context is not None
        self._context.emit(
            KeptState(at_s=now_s, name=key[1], size=size, site=self._site_of(key), holds_canary=holds_canary)
        )

    def _find_modules(self) -> list[ModuleType]:
        """The user's; looked for again when others were imported."""
        every = list(sys.modules.values())
        if len(every) != self._modules[0]:
            self._modules = (len(every), [module for module in every if self._is_users(module)])
        return self._modules[1]

    def _is_users(self, module: ModuleType) -> bool:
        name = getattr(module, "__name__", "")
        known = self._known.get(name)
        if known is None:
            file = getattr(module, "__file__", None)
            known = self._known[name] = isinstance(file, str) and self._frames.is_user(file)
        return known

    def _site_of(self, key: Key) -> int:
        assert self._context is not None
        site = self._sites.get(key)
        if site is None:
            file, name = key
            place = find_place("".join(linecache.getlines(file)), name)
            site = UNKNOWN if place is None else self._context.sites.of_line(file, *place)
            self._sites[key] = site
        return site
