"""The whole answer comes later."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import Fault


class Delay(Fault):
    """Adds to the latency of plain and streamed answers, and of errors."""

    decides: ClassVar[bool] = False

    kind: Literal["delay"]
    delay_s: Seconds

    def apply(self, answer: Answer) -> None:
        answer.first_s += self.delay_s
