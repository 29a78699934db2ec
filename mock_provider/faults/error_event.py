"""An error in the middle of a stream."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec
from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs
from mock_provider.openai_errors import error_value, usual_error


class ErrorEvent(Fault):
    """The status was 200 already, so the error comes as an event, and the stream ends."""

    needs: ClassVar[Needs] = "stream"

    kind: Literal["error_event"]
    after_chunks: Annotated[int, Field(ge=0)] = 1
    message: str | None = None
    type: str | None = None
    code: str | None = None

    def apply(self, answer: Answer) -> None:
        message, kind, code = usual_error(500, self.code)
        error = error_value(self.message or message, self.type or kind, None, code)
        answer.pieces = [
            *answer.pieces[: self.after_chunks],
            b"data: " + msgspec.json.encode(error) + b"\n\n",
        ]
