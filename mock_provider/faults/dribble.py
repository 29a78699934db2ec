"""An answer that comes byte by byte."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import Fault


class Dribble(Fault):
    """The body in slices of `slice_bytes`, with `gap_s` between them: no single wait is long, the sum is."""

    in_process: ClassVar[bool] = False

    kind: Literal["dribble"]
    slice_bytes: Annotated[int, Field(ge=1)] = 1
    gap_s: Seconds = 0.01

    def apply(self, answer: Answer) -> None:
        body = b"".join(answer.pieces)
        if not answer.is_stream and answer.content_length is None:
            answer.content_length = len(body)
        answer.pieces = [body[at : at + self.slice_bytes] for at in range(0, len(body), self.slice_bytes)]
        answer.lead, answer.gap_s, answer.paced = 1, self.gap_s, len(answer.pieces)
