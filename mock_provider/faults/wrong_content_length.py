"""A plain answer whose length is not what its head claims."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs


class WrongContentLength(Fault):
    """Claims `by_bytes` more than it sends (fewer, when negative), then closes the connection."""

    needs: ClassVar[Needs] = "plain"
    in_process: ClassVar[bool] = False

    kind: Literal["wrong_content_length"]
    by_bytes: int = 10

    def apply(self, answer: Answer) -> None:
        answer.content_length = max(0, sum(map(len, answer.pieces)) + self.by_bytes)
        answer.ending = "close"
