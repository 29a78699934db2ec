"""A plain answer that is no JSON."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs


class MalformedJson(Fault):
    """Status 200 and the right content type, but a broken body; an empty one with `body = ""`."""

    needs: ClassVar[Needs] = "plain"

    kind: Literal["malformed_json"]
    body: str = '{"id": "chatcmpl-'

    def apply(self, answer: Answer) -> None:
        answer.pieces = [self.body.encode()]
