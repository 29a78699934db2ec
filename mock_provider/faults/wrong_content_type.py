"""An answer with another content type."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault

_PAGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser.</body></html>"


class WrongContentType(Fault):
    """A page of HTML, as a proxy in between sends it; with `keep_body` the right body under the wrong name."""

    kind: Literal["wrong_content_type"]
    content_type: Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")] = "text/html; charset=utf-8"
    body: str = _PAGE
    keep_body: bool = False

    def apply(self, answer: Answer) -> None:
        answer.content_type = self.content_type
        if not self.keep_body:
            answer.pieces = [self.body.encode()]
            answer.is_stream = False
