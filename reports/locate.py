"""Steps measured by something else, read for the same estimator: JSON, or the history CSV of Locust; gzip or not.

Steps may come in any order and are sorted by users; a number of users that occurs more than once was measured more
than once, and each counts.  A file that cannot be used is refused with every problem found, not the first.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import BadInputError
from reports.locust_history import is_history, read_history
from reports.measured_steps import read_measured_steps
from reports.verdict import StepSummary

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_BYTES = 2 << 30
MOST_PROBLEMS = 20
ALLOWED = (
    'allowed are JSON, {"steps": [{"users": 5, "hold_s": 10, "samples": [[start_s, end_s, ok], …]}, …]} or '
    '{"users", "throughput_per_s", "response_s"} a step, and the *_stats_history.csv of Locust; gzip or not'
)


def read_steps(path: Path) -> list[StepSummary]:
    """The steps of a file, by users.  Raises BadInputError with every problem, one a line."""
    text = _read_text(path)
    problems: list[str] = []
    steps = read_history(text, problems) if is_history(text) else _read_json(text, path, problems)
    if problems:
        raise BadInputError("\n".join(f"{path}: {problem}" for problem in _shorten(problems)))
    ordered = sorted(steps, key=lambda step: step.users)
    return [msgspec.structs.replace(step, index=index) for index, step in enumerate(ordered)]


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        opener = gzip.open if is_packed else open
        with opener(path, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > LARGEST_BYTES:
        raise BadInputError(
            f"{path} holds more than {LARGEST_BYTES >> 30} GiB; give fewer samples, or summaries"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is no text (byte {error.start} is not UTF-8); {ALLOWED}") from error


def _read_json(text: str, path: Path, problems: list[str]) -> list[StepSummary]:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise BadInputError(
            f"{path} is neither JSON ({error}) nor a history CSV of Locust; {ALLOWED}"
        ) from error
    return read_measured_steps(document, problems)


def _shorten(problems: Sequence[str]) -> list[str]:
    rest = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"and {rest} more problems"] if rest > 0 else [])]
