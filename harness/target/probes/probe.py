"""What every probe is given and must offer.  One small file a probe, one line in the table of the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from harness.probe_records import ProbeRecord

if TYPE_CHECKING:
    from harness.target.probes.imports import ImportHook
    from harness.target.probes.jobs import JobBook
    from harness.target.probes.loops import LoopBook
    from harness.target.probes.observer import Observer
    from harness.target.probes.recorder import Recorder
    from harness.target.probes.sites import SiteBook

_MISSING = object()


class CannotInstall(Exception):  # noqa: N818 - an answer, not a fault
    """Why a probe does not work here: the library is absent, or another version than the probe knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeContext:
    """What probes share."""

    recorder: Recorder
    sites: SiteBook
    observer: Observer
    imports: ImportHook
    jobs: JobBook
    loops: LoopBook
    emit: Callable[[ProbeRecord], None]  # from any thread; costs an append
    providers: frozenset[str] = frozenset()  # host:port of the provider under which attempts are recorded
    roots: list[Any] = field(default_factory=list)  # what the user's code made and no module of it names


class Probe(Protocol):
    """Measures one wait or resource."""

    name: str

    def install(self, context: ProbeContext) -> None:
        """Begin.  Raises CannotInstall."""

    def uninstall(self) -> None:
        """Put everything back as it was.  Harmless when not installed."""


class Patches:
    """Replaced attributes of classes and modules, put back in reverse order."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Set ``owner.name`` to ``make(original)``; the original is as the owner's own dictionary holds it.

        Raises CannotInstall when there is no such attribute: another version than we know.
        """
        if not hasattr(owner, name):
            raise CannotInstall(f"{getattr(owner, '__name__', owner)!s} has no {name} in this version")
        own = vars(owner).get(name, _MISSING)
        original = getattr(owner, name) if own is _MISSING else own
        changed = make(original)
        setattr(owner, name, changed)
        self._done.append((owner, name, own, changed))

    def restore(self) -> None:
        """Put back what is still ours; what somebody has wrapped once more stays, and passes calls on."""
        while self._done:
            owner, name, own, changed = self._done.pop()
            if vars(owner).get(name, _MISSING) is not changed:
                continue
            if own is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, own)
