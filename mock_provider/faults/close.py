"""The connection is closed in the middle of things."""

from __future__ import annotations

from typing import Literal

from mock_provider.answer import Answer
from mock_provider.faults.fault import CuttingFault


class Close(CuttingFault):
    """FIN before the headers, or at any byte or event: the body is shorter than was promised."""

    kind: Literal["close"]

    def apply(self, answer: Answer) -> None:
        self.cut(answer)
        answer.ending = "close"
