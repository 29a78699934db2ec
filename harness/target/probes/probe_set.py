"""All probes together: installed before the user's code is imported, switched off and on, and taken out again."""

from __future__ import annotations

import asyncio
import gc
import os
from asyncio.base_events import BaseEventLoop
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.probe_records import ProbeRecord, ProbeStatus
from harness.run_directory import JsonlWriter
from harness.target.frames import FrameReader
from harness.target.probes.imports import ImportHook
from harness.target.probes.jobs import JobBook
from harness.target.probes.loops import LoopBook
from harness.target.probes.observer import Observer
from harness.target.probes.probe import CannotInstall, Probe, ProbeContext
from harness.target.probes.recorder import Recorder
from harness.target.probes.sites import SiteBook
from harness.target.probes.tasks import TasksProbe

WRITE_TRACES_S = 1.0


class ProbeSet:
    """Every probe and what they share.  ``attach_loop`` shows them the server's loop."""

    def __init__(
        self,
        writer: JsonlWriter,
        probes: Sequence[Probe],
        *,
        frames: FrameReader | None = None,
        providers: Iterable[str] = (),
    ) -> None:
        self._writer = writer
        self._probes = list(probes)
        self._installed: list[Probe] = []
        self.recorder = Recorder(lambda record: self._observer.emit(record))
        self._observer = Observer(writer, is_idle=lambda: self.recorder.open_count <= 0)
        emit: Callable[[ProbeRecord], None] = self._observer.emit
        self.context = ProbeContext(
            recorder=self.recorder,
            sites=SiteBook(frames or FrameReader(), emit),
            observer=self._observer,
            imports=ImportHook(self._note_failure),
            jobs=JobBook(),
            loops=LoopBook(),
            emit=emit,
            providers=frozenset(providers),
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_trial = False
        self._has_frozen = False

    def _note_failure(self, module: str, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:300]
        self._observer.emit(ProbeStatus(name=f"import:{module}", is_installed=False, reason=reason))

    @property
    def is_on(self) -> bool:
        return self.recorder.is_on and bool(self._installed)

    def install(self) -> None:
        """Install every probe; those that cannot be say why in the records."""
        self.context.imports.install()
        for probe in self._probes:
            status = ProbeStatus(name=probe.name, is_installed=True)
            try:
                probe.install(self.context)
                self._installed.append(probe)
            except CannotInstall as reason:
                status = ProbeStatus(name=probe.name, is_installed=False, reason=str(reason))
                probe.uninstall()
            self.context.emit(status)
        self._observer.every(WRITE_TRACES_S, lambda now_s: self.recorder.write(), name="traces")
        self.recorder.is_on = True
        self._observer.start()

    def uninstall(self) -> None:
        """Take every probe out again and write what is left."""
        self.recorder.is_on = False
        self.recorder.write()
        self._observer.stop()
        for probe in reversed(self._installed):
            probe.uninstall()
        self._installed.clear()
        self._observer.stop_doing("traces")
        self.context.imports.uninstall()

    def attach_loop(self) -> None:
        """Watch the running loop from now on.  Called on it; needed where the loop is not the standard library's."""
        self._loop = loop = asyncio.get_running_loop()
        if not self._installed:
            return
        self.context.loops.attach(loop)
        self.context.loops.server = loop
        if not isinstance(loop, BaseEventLoop):  # hides its default pool; this one is the same, with a name
            loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        for probe in self._installed:
            if isinstance(probe, TasksProbe):
                probe.follow(self._loop)

    def switch(self, on: bool) -> None:
        """Take the probes out for a while, or put them back in: what they cost shows in the difference.

        Called on the server's loop.
        """
        if on and not self._installed:
            self.install()
            self.attach_loop()
        elif not on:
            self.uninstall()

    def begin_trial(self) -> None:
        """From now on what is measured is written nowhere: only what measuring costs is asked for."""
        if self._is_trial:
            return
        self._is_trial = True
        self._observer.write_to(JsonlWriter(Path(os.devnull)))
        # A full collection weighs more than all probes together, and falls into one slice or the other by chance.
        self._has_frozen = not gc.get_freeze_count()
        if self._has_frozen:
            gc.freeze()

    def end_trial(self) -> None:
        """Write what is measured where it belongs again.  The probes are left as they are."""
        if self._is_trial:
            self._is_trial = False
            if self._has_frozen:
                gc.unfreeze()
            self.write_pending()
            self._observer.write_to(self._writer)

    def write_pending(self) -> None:
        """Write what was measured so far; the probes stay."""
        self.recorder.write()
        self._observer.write()

    def close_writer(self) -> None:
        """Close the file; nothing may be recorded any more."""
        self._writer.close()

    def flush(self) -> None:
        """Write what has been measured so far.  From any thread."""
        self.recorder.write()
        self._observer.stop()

    def close(self) -> None:
        """Write what was measured, and which libraries never came."""
        for module in self.context.imports.waiting:
            self.context.emit(
                ProbeStatus(
                    name=f"import:{module}", is_installed=False, reason="never imported, nothing to measure"
                )
            )
        self.uninstall()
