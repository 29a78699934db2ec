"""A stream that ends too early and says nothing."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs

DONE = b"data: [DONE]\n\n"


class TruncatedStream(Fault):
    """After some events the body ends properly, without finish reason; with or without the closing `[DONE]`."""

    needs: ClassVar[Needs] = "stream"

    kind: Literal["truncated_stream"]
    after_chunks: Annotated[int, Field(ge=0)]
    with_done: bool = False

    def apply(self, answer: Answer) -> None:
        kept = answer.pieces[: self.after_chunks]
        answer.pieces = [*kept, DONE] if self.with_done else kept
