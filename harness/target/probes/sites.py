"""Numbers places in the user's code: the innermost user frame of a stack, found by walking out of library files.

A place is read once (its source line, its outer frames) and known by its code object and instruction from then on, so
that looking it up costs a dictionary access a frame.
"""

from __future__ import annotations

import inspect
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from harness.probe_records import Site
from harness.records import Frame
from harness.target.frames import INSTALLED, FrameReader

UNKNOWN = -1
USER, LIBRARY, STANDARD = 1, 2, 3  # whose code: the probes' own counts as the standard library's
ROOT = 4  # where an event loop or a pool begins a piece of work: what lies further out is not its caller
ROOTS = {("events.py", "Handle._run"), ("thread.py", "_worker")}
MAX_WALK = 400  # frames looked at; recursion in user code may be deep
MAX_OUTER = 6  # user frames kept of a place
MAX_SITES = 5_000


class SiteBook:
    """Gives places their numbers, and writes each down once."""

    def __init__(self, frames: FrameReader, emit: Callable[[Site], None]) -> None:
        self._frames = frames
        self._emit = emit
        self._kinds: dict[int, int] = {}  # of code, by id: hashing a code object reads all of it
        self._codes: list[CodeType] = []  # kept, so that the id of none is given to another
        self._packages: dict[str, str] = {}  # by file
        self._standard = sysconfig.get_paths()["stdlib"]
        self._at_instruction: dict[tuple[int, int], int] = {}
        self._at_line: dict[tuple[int, int], int] = {}
        self._count = 0

    def is_user(self, code: CodeType) -> bool:
        """Whether it is the user's own code."""
        return (self._kinds.get(id(code)) or self._learn(code)) == USER

    def find_user_frame(self, frame: FrameType | None) -> FrameType | None:
        """The innermost frame of the user's, from this one outwards."""
        kinds = self._kinds
        for _ in range(MAX_WALK):
            if frame is None:
                return None
            kind = kinds.get(id(frame.f_code)) or self._learn(frame.f_code)
            if kind == USER:
                return frame
            if kind == ROOT:
                return None
            frame = frame.f_back
        return None

    def of_stack(self, frame: FrameType | None) -> int:
        """The place of the innermost user frame from this one outwards; -1 when there is none."""
        found = self.find_user_frame(frame)
        return UNKNOWN if found is None else self.of_frame(found)

    def of_creator(self, frame: FrameType | None) -> tuple[int, bool]:
        """The innermost user frame, and whether it called the standard library with no other library between."""
        direct, kinds = True, self._kinds
        for _ in range(MAX_WALK):
            if frame is None:
                break
            kind = kinds.get(id(frame.f_code)) or self._learn(frame.f_code)
            if kind == USER:
                return self.of_frame(frame), direct
            if kind == ROOT:
                break
            direct = direct and kind == STANDARD
            frame = frame.f_back
        return UNKNOWN, False

    def of_caller(self, frame: FrameType | None, *, through: tuple[str, ...] = ()) -> tuple[int, str]:
        """Who called into the standard library (and packages named in ``through``): place and package.

        The place is -1 when it was not the user; the package is empty when it was, or when nobody did.
        """
        kinds = self._kinds
        for _ in range(MAX_WALK):
            if frame is None:
                return UNKNOWN, ""
            kind = kinds.get(id(frame.f_code)) or self._learn(frame.f_code)
            if kind == USER:
                return self.of_frame(frame), ""
            if kind == ROOT:
                break
            if kind == LIBRARY:
                package = self.package_of(frame.f_code.co_filename)
                if package not in through:
                    return UNKNOWN, package
            frame = frame.f_back
        return UNKNOWN, ""

    def _learn(self, code: CodeType) -> int:
        if self._frames.is_user(code.co_filename):
            kind = USER
        elif self.package_of(code.co_filename):
            kind = LIBRARY
        else:
            is_root = (code.co_filename.rpartition("/")[2], code.co_qualname) in ROOTS
            kind = ROOT if is_root else STANDARD
        self._codes.append(code)
        self._kinds[id(code)] = kind
        return kind

    def package_of(self, file: str) -> str:
        """``langchain_core`` for its files; empty for the standard library's, and for what the probes put between."""
        known = self._packages.get(file)
        if known is None:
            known = self._packages[file] = _find_package(file, self._standard)
        return known

    def of_frame(self, frame: FrameType) -> int:
        """The place where a frame of the user's is now."""
        known = self._at_instruction.get((id(frame.f_code), frame.f_lasti))
        if known is not None:
            return known
        line = frame.f_lineno or frame.f_code.co_firstlineno
        number = self._at_line.get((id(frame.f_code), line))
        if number is None:
            number = self._add((id(frame.f_code), line), self._stack(frame))
        self._at_instruction[id(frame.f_code), frame.f_lasti] = number
        return number

    def of_positions(self, positions: Sequence[tuple[CodeType, int]]) -> int:
        """The innermost user position of a chain of them, outermost first; -1 when there is none."""
        own = [position for position in positions if self.is_user(position[0])][-MAX_OUTER:]
        if not own:
            return UNKNOWN
        code, line = own[-1]
        number = self._at_line.get((id(code), line))
        if number is not None:
            return number
        return self._add((id(code), line), [self._frames.read(*position) for position in reversed(own)])

    def of_line(self, file: str, line: int, function: str) -> int:
        """A line of the user's, of which only the text form of a stack is left; -1 when it is a library's."""
        if not self._frames.is_user(file):
            return UNKNOWN
        key = (hash((file, function)), line)
        number = self._at_line.get(key)
        if number is not None:
            return number
        return self._add(key, [self._frames.read_line(file, line, function)])

    def of_code(self, code: CodeType) -> int:
        """A function of the user's as a whole: the line of its ``def``; -1 when it is a library's."""
        return self.of_positions([(code, code.co_firstlineno)])

    def of_function(self, function: Any) -> int:
        """The same for anything callable; -1 when there is no Python code behind it."""
        function = inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
        code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
        return UNKNOWN if code is None else self.of_code(code)

    def _stack(self, frame: FrameType | None) -> list[Frame]:
        frames: list[Frame] = []
        for _ in range(MAX_WALK):
            if frame is None or len(frames) >= MAX_OUTER:
                break
            if not frames or self.is_user(frame.f_code):
                frames.append(self._frames.read(frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno))
            frame = frame.f_back
        return frames

    def _add(self, key: tuple[int, int], stack: list[Frame]) -> int:
        if self._count >= MAX_SITES:
            return UNKNOWN
        number = self._at_line[key] = self._count
        self._count += 1
        self._emit(Site(id=number, stack=stack))
        return number


def _find_package(file: str, standard: str) -> str:
    for mark in INSTALLED:
        if mark in file:
            return file.rpartition(mark)[2].partition("/")[0].removesuffix(".py")
    if file.startswith(("<", standard, str(Path(__file__).parent))):
        return ""
    return "harness" if "/harness/" in file else "unknown"
