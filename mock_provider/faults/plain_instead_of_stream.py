"""A plain answer where a stream was asked for."""

from __future__ import annotations

from typing import ClassVar, Literal

from mock_provider.answer import JSON_TYPE, Answer
from mock_provider.faults.fault import Fault, Needs


class PlainInsteadOfStream(Fault):
    """Some gateways do not stream: the whole answer comes as one JSON object."""

    needs: ClassVar[Needs] = "stream"

    kind: Literal["plain_instead_of_stream"]
    body: str = (
        '{"id":"chatcmpl-plain","object":"chat.completion","created":0,"model":"mock","choices":[{"index":0,"message":'
        '{"role":"assistant","content":"A plain answer.","refusal":null},"logprobs":null,"finish_reason":"stop"}]}'
    )

    def apply(self, answer: Answer) -> None:
        answer.first_s = answer.total_s
        answer.pieces = [self.body.encode()]
        answer.content_type, answer.is_stream, answer.lead, answer.paced = JSON_TYPE, False, 1, 0
