"""Stack frames as records, and which of them are the user's.  Pure, but for reading source lines."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import CodeType, FrameType

import harness
from harness.records import Frame
from harness.redaction import Redactor

INSTALLED = ("/site-packages/", "/dist-packages/")
MAX_FRAMES = 80
MAX_KNOWN = 20_000


class FrameReader:
    """Turns code positions into frames, from whose source lines secrets are removed.  Each line is read once.

    user_roots: files and directories that are the user's wherever they are, e.g. the target's own package.
    """

    def __init__(self, user_roots: Iterable[Path] = ()) -> None:
        self._user_roots = [str(root.resolve()) for root in user_roots]
        paths = sysconfig.get_paths()
        self._library_roots = [paths["stdlib"], paths["platstdlib"]]
        installed = Path(harness.__file__ or "").parents[1]  # our packages lie side by side
        self._own_roots = [str(installed / name) for name in ("harness", "mock_provider")]
        self._known: dict[str, bool] = {}
        self._redact = Redactor()
        self._frames: dict[
            tuple[int, int], tuple[Frame, CodeType]
        ] = {}  # by id, which holds while the code is kept

    def add_user_root(self, root: Path) -> None:
        """One more file or directory that is the user's."""
        self._user_roots.append(str(root.resolve()))
        self._known, self._frames = {}, {}

    def is_user(self, file: str) -> bool:
        known = self._known.get(file)
        if known is None:
            known = self._known[file] = self._decide(file)
        return known

    def read(self, code: CodeType, line: int) -> Frame:
        known = self._frames.get((id(code), line))
        if known is None:
            if len(self._frames) >= MAX_KNOWN:
                self._frames = {}
            frame = self.read_line(code.co_filename, line, code.co_qualname)
            known = self._frames[id(code), line] = (frame, code)
        return known[0]

    def read_line(self, file: str, line: int, function: str) -> Frame:
        """Of which there is no code at hand."""
        source = linecache.getline(file, line).strip() or None
        return Frame(
            file=file,
            line=line,
            function=function,
            code=source and self._redact(source[:200]),
            is_user=self.is_user(file),
        )

    def of_thread(self, innermost: FrameType | None) -> list[Frame]:
        """The stack that ends in this frame, outermost first."""
        positions: list[tuple[CodeType, int]] = []
        frame = innermost
        while frame is not None:
            positions.append((frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno))
            frame = frame.f_back
        return [self.read(*position) for position in reversed(positions)]

    def of_error(self, error: BaseException) -> list[Frame]:
        """Where an exception came from, outermost first."""
        positions = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        return shorten([self.read(*position) for position in positions])

    def _decide(self, file: str) -> bool:
        if file.startswith("<") or file.endswith(".pyx"):  # made while running, or compiled (uvloop)
            return False
        path = str(Path(file).absolute())
        if _below(path, self._own_roots):
            return False
        if _is_installed(path):  # the user's own package may be installed too; a project may hold its .venv
            return _below(path, [root for root in self._user_roots if _is_installed(root + "/")])
        return _below(path, self._user_roots) or not _below(path, self._library_roots)


def _is_installed(path: str) -> bool:
    return any(mark in path for mark in INSTALLED)


def _below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith(root + "/") for root in roots)


def shorten(frames: Sequence[Frame], limit: int = MAX_FRAMES) -> list[Frame]:
    """At most ``limit`` frames: the user's and the innermost are kept."""
    if len(frames) <= limit:
        return list(frames)
    kept = {index for index, frame in enumerate(frames) if frame.is_user}
    kept = set(sorted(kept)[-limit // 2 :])
    for index in range(len(frames) - 1, -1, -1):
        if len(kept) >= limit:
            break
        kept.add(index)
    return [frames[index] for index in sorted(kept)]


def user_lines(frames: Sequence[Frame]) -> list[str]:
    """The user's frames as text, as in a traceback; all of them when none is the user's."""
    chosen = [frame for frame in frames if frame.is_user] or list(frames[-3:])
    return [
        f"  {frame.file}:{frame.line} in {frame.function}: {frame.code or ''}".rstrip(": ")
        for frame in chosen
    ]
