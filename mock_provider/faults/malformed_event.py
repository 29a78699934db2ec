"""An event that is no JSON."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs


class MalformedEvent(Fault):
    """One event in the middle of the stream is broken; the others are as they should be."""

    needs: ClassVar[Needs] = "stream"

    kind: Literal["malformed_event"]
    after_chunks: Annotated[int, Field(ge=0)] = 1
    data: str = '{"id": "chatcmpl-'

    def apply(self, answer: Answer) -> None:
        at = min(self.after_chunks, len(answer.pieces))
        answer.pieces = [*answer.pieces[:at], f"data: {self.data}\n\n".encode(), *answer.pieces[at + 1 :]]
