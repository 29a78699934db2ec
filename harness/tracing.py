"""Ids that follow one invocation through all processes (W3C Trace Context).  Core: pure."""

from __future__ import annotations

import hashlib
import re
import secrets

CANARY_PREFIX = "cnry"
CANARY_PATTERN = re.compile(rf"{CANARY_PREFIX}[0-9a-f]{{12}}")
USER_HEADER = "x-chainload-user"
SEQUENCE_HEADER = "x-chainload-sequence"
STEP_HEADER = "x-chainload-step"
PROBES_PATH = "/-/chainload/probes"
NEXT_HEADER = "x-chainload-next"  # of an answer with records: the offset of those to come
PROCESS_HEADER = "x-chainload-process"  # whose records they are
TOKEN_VARIABLE = "CHAINLOAD_TOKEN"  # noqa: S105 - its name, not its value

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


def new_trace_id() -> str:
    """32 hex digits, unique."""
    return secrets.token_hex(16)


def make_traceparent(trace_id: str) -> str:
    """A traceparent header for a new span of the trace."""
    return f"00-{trace_id}-{secrets.token_hex(8)}-01"


def read_trace_id(traceparent: str | None) -> str | None:
    """The trace id of a traceparent header; None when there is none, or it is malformed."""
    match = _TRACEPARENT.fullmatch(traceparent.strip()) if traceparent else None
    return match.group(1) if match else None


def canary_of(trace_id: str) -> str:
    """The word that marks this invocation's data; found in another's prompt or answer, the two have mixed."""
    return CANARY_PREFIX + hashlib.blake2b(trace_id.encode(), digest_size=6).hexdigest()


def find_canaries(text: str) -> list[str]:
    """Every distinct canary in a text, in order of first appearance."""
    return list(dict.fromkeys(CANARY_PATTERN.findall(text)))
