"""Silence, the connection left open."""

from __future__ import annotations

from typing import Literal

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import CuttingFault


class Hang(CuttingFault):
    """Before the headers, or at any byte or event; even after the last one, when the end of the body never comes."""

    kind: Literal["hang"]
    for_s: Seconds | None = None  # then the connection is closed; without it, never

    def apply(self, answer: Answer) -> None:
        self.cut(answer)
        answer.ending = "hang"
        answer.hang_s = self.for_s
