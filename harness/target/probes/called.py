"""What a frame is calling now, by name: "sleep", "recv_into", "acquire".  Pure.

A C function has no frame of its own; the instruction that calls it has, and with it the source text of the call.
"""

from __future__ import annotations

import dis
import itertools
import linecache
import re
from types import CodeType, FrameType

MAX_KNOWN = 20_000
BLOCKING = frozenset(
    {
        "accept", "acquire", "commit", "connect", "epoll", "execute", "fetchall", "flock", "fsync", "getaddrinfo",
        "lockf", "poll", "read", "readinto", "readline", "recv", "recv_into", "recvfrom", "select", "send", "sendall",
        "sleep", "wait", "waitpid",
    }
)  # fmt: skip
_LAST_NAME = re.compile(r"(\w+)\s*$")


class CallNames:
    """Names calls, each place once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[str, CodeType]] = {}

    def of(self, frame: FrameType) -> str:
        """The function the frame is calling; empty when it calls none, or it cannot be told."""
        key = (id(frame.f_code), frame.f_lasti)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = (find_call(frame.f_code, frame.f_lasti), frame.f_code)
        return known[0]


def find_call(code: CodeType, instruction: int) -> str:
    """The name of what is called at an instruction (its offset in bytes)."""
    operation = dis.opname[code.co_code[instruction]] if 0 <= instruction < len(code.co_code) else ""
    if operation in ("BEFORE_WITH", "WITH_EXCEPT_START", "LOAD_SPECIAL"):
        return "acquire"
    if not operation.startswith(("CALL", "PRECALL", "KW_NAMES")):
        return ""
    return name_of_call(_source_of(code, instruction))


def name_of_call(expression: str) -> str:
    """``time.sleep(0.1 * f(2))`` → ``sleep``."""
    text = expression.rstrip()
    if not text.endswith(")"):
        return ""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if depth == 0:
            match = _LAST_NAME.search(text[:index])
            return match.group(1) if match else ""
    return ""


def _source_of(code: CodeType, instruction: int) -> str:
    """The text of the expression that an instruction belongs to."""
    positions = next(itertools.islice(code.co_positions(), instruction // 2, None), None)
    first, last, start, end = positions or (None, None, None, None)
    if first is None or last is None or start is None or end is None:
        return ""
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(first, last + 1)]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return b"".join(lines).decode(errors="replace")
