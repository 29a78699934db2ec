"""A stream that trickles."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import Fault, Needs


class SlowTokens(Fault):
    """Each token comes so much later after the one before it."""

    decides: ClassVar[bool] = False
    needs: ClassVar[Needs] = "stream"

    kind: Literal["slow_tokens"]
    per_token_s: Seconds

    def apply(self, answer: Answer) -> None:
        answer.gap_s += self.per_token_s
