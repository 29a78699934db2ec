"""What a run says while it runs, on standard error.  Reads the run directory, like everything after the load process.

A terminal gets one live block; anything else (a pipe, a CI log) a line at each step and every few seconds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from harness.records import Event, Progress
from harness.run_directory import RunDirectory

T = TypeVar("T")
LINE_EVERY_S = 5.0
PLANNED = ("ladder", "open_loop", "pair")  # purposes of steps that are known beforehand
_PURPOSE_WORDS = {
    "refinement": "refining: ",
    "evidence": "where something is full: ",
    "repeat": "once more: ",
    "open_loop": "arrivals by the clock, at most ",
}
SAID_EVENTS = {"notice", "target_restarted", "egress_refused"}


class Tail(Generic[T]):
    """Reads what was appended to a JSONL file since the last call."""

    def __init__(self, path: Path, record_type: type[T]) -> None:
        self._path = path
        self._decoder = msgspec.json.Decoder(record_type)
        self._offset = 0
        self._rest = b""

    def read(self) -> list[T]:
        """The whole lines that are new; a torn last line waits for its end."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        records = []
        for line in lines:
            with contextlib.suppress(
                msgspec.DecodeError
            ):  # a line we cannot read is not worth stopping a run for
                records.append(self._decoder.decode(line))
        return records


class RunView(Protocol):
    """Shows the run; one for terminals, one for logs."""

    def say(self, text: str) -> None: ...
    def show(self, progress: Progress) -> None: ...
    def close(self) -> None: ...


class LiveView:
    """One block that changes in place."""

    def __init__(self, console: Console, steps: tuple[int, ...]) -> None:
        self.steps = list(steps)  # users of each, those added on the way behind the ladder
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def say(self, text: str) -> None:
        self._live.console.print(Text(text, style="yellow"))

    def show(self, progress: Progress) -> None:
        self.steps[progress.step :] = self.steps[progress.step :] or [progress.users]
        self._live.update(Group(_ladder(self.steps, progress), Text(describe(progress))), refresh=True)

    def close(self) -> None:
        self._live.stop()


class LineView:
    """A line when something changes, and every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: tuple[int, str] | None = None
        self._last_s = 0.0

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, progress: Progress) -> None:
        key = (progress.step, progress.phase)
        if key == self._last and progress.at_s - self._last_s < LINE_EVERY_S:
            return
        self._last, self._last_s = key, progress.at_s
        known = f" of {progress.step_count}" if progress.purpose in PLANNED else ""
        self.say(f"step {progress.step + 1}{known}: {describe(progress)}")

    def close(self) -> None:
        pass


def describe(progress: Progress) -> str:
    """One reading as a line of words."""
    parts = [f"{_PURPOSE_WORDS.get(progress.purpose, '')}{plural_users(progress.users)}"]
    if progress.note is not None:
        parts.append(progress.note)
    if progress.phase != "hold":
        parts.append(progress.phase)
    parts += [
        "no answer yet" if progress.throughput_per_s is None else f"{progress.throughput_per_s:.1f}/s",
        *([f"p50 {_milliseconds(progress.p50_s)}"] if progress.p50_s is not None else []),
        *([f"p95 {_milliseconds(progress.p95_s)}"] if progress.p95_s is not None else []),
        f"{progress.in_flight} in flight",
        f"{progress.error_count} errors",
        *([f"{progress.rate_limited_count} 429s"] if progress.rate_limited_count else []),
        *_remaining(progress),
    ]
    return " · ".join(parts)


def plural_users(users: int) -> str:
    return "1 user" if users == 1 else f"{users} users"


def _remaining(progress: Progress) -> list[str]:
    """A bound when steps may be added, and may be left out."""
    if progress.remaining_s is None:
        return []
    bound = "at most " if progress.is_open_ended else ""
    return [f"{bound}{progress.remaining_s:.0f} s left"]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _ladder(steps: Sequence[int], progress: Progress) -> Text:
    text = Text("users  ")
    for index, users in enumerate(steps):
        style = "bold reverse" if index == progress.step else "green" if index < progress.step else "dim"
        text.append(f" {users} ", style=style).append(" ")
    return text


@contextlib.contextmanager
def open_view(console: Console, steps: tuple[int, ...], *, quiet: bool = False) -> Iterator[RunView]:
    """The view that suits the console."""
    view: RunView = LiveView(console, steps) if console.is_terminal and not quiet else LineView(console)
    try:
        yield view
    finally:
        view.close()


class RunFollower:
    """Feeds a view from a run directory; call ``update`` often."""

    def __init__(self, run: RunDirectory, view: RunView) -> None:
        self._view = view
        self._progress = Tail(run.file("progress.jsonl"), Progress)
        self._events = [Tail(run.file(name), Event) for name in ("events.jsonl", "target_events.jsonl")]
        self.failure: Event | None = None
        self.completed = False

    def update(self) -> None:
        for event in (event for tail in self._events for event in tail.read()):
            self._take(event)
        readings = self._progress.read()
        if readings:
            self._view.show(readings[-1])

    def _take(self, event: Event) -> None:
        if event.kind == "failed":
            self.failure = self.failure or event
        elif event.kind == "run_ended":
            self.completed = bool(event.data.get("completed"))
        elif event.kind == "target_ready":
            self._view.say(_target_words(event.data))
        elif event.kind in SAID_EVENTS:
            self._view.say(event.message or event.kind.replace("_", " "))


def _target_words(data: dict[str, Any]) -> str:
    guessed = data.get("input")
    words = f"target ready: {data.get('description') or data.get('kind') or 'a service'}"
    return f"{words}; input guessed: {guessed}" if guessed else words
