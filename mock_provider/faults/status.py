"""An error status instead of the answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.conditions import Seconds
from mock_provider.faults.fault import Fault
from mock_provider.openai_errors import error_answer, usual_error


class Status(Fault):
    """Any status from 400 on, with the provider's usual words for it."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=400, le=599)]
    message: str | None = None
    type: str | None = None
    code: str | None = None  # insufficient_quota brings its own message and type
    param: str | None = None
    retry_after_s: Seconds | None = None
    retry_after_ms: Seconds | None = None
    should_retry: bool | None = None  # the header x-should-retry
    after_s: Seconds = 0.0  # errors come at once, unless told otherwise

    def apply(self, answer: Answer) -> None:
        message, kind, code = usual_error(self.status, self.code)
        error = error_answer(
            self.status, self.message or message, self.type or kind, param=self.param, code=code
        )
        answer.status, answer.pieces, answer.content_type = error.status, error.pieces, error.content_type
        answer.is_stream, answer.lead, answer.paced = False, 1, 0
        answer.first_s, answer.gap_s = self.after_s, 0.0
        answer.headers |= self._headers()

    def _headers(self) -> dict[str, str]:
        headers = {}
        if self.retry_after_s is not None:
            headers["retry-after"] = f"{self.retry_after_s:g}"
        if self.retry_after_ms is not None:
            headers["retry-after-ms"] = f"{self.retry_after_ms:g}"
        if self.should_retry is not None:
            headers["x-should-retry"] = str(self.should_retry).lower()
        return headers
