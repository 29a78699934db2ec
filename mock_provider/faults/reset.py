"""The connection is torn down with a TCP reset."""

from __future__ import annotations

from typing import Literal

from mock_provider.answer import Answer
from mock_provider.faults.fault import CuttingFault


class Reset(CuttingFault):
    """RST before the headers, or at any byte or event.  A reset may also destroy what was sent just before it."""

    kind: Literal["reset"]

    def apply(self, answer: Answer) -> None:
        self.cut(answer)
        answer.ending = "reset"
