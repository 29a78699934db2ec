"""A stream that is slow to begin."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import Fault, Needs


class SlowFirstToken(Fault):
    """The first token comes later; the pace after it is the same."""

    decides: ClassVar[bool] = False
    needs: ClassVar[Needs] = "stream"

    kind: Literal["slow_first_token"]
    delay_s: Seconds

    def apply(self, answer: Answer) -> None:
        answer.first_s += self.delay_s
