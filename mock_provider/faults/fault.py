"""What all faults have in common.  Pure.

A fault is a rule of the plan: its settings, and how they change an answer.  Rules are asked in the order of the plan.
Those that only change timing add up; of those that decide the answer, the first that meets the request does.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from mock_provider.answer import Answer, cut_after_bytes, cut_after_chunks, cut_head
from mock_provider.conditions import Section, When

Needs = Literal["any", "stream", "plain", "nothing"]


class Fault(Section):
    """A rule.  Subclasses add `kind`, their own settings and `apply`."""

    decides: ClassVar[bool] = True  # False: only timing; adds up with all others
    needs: ClassVar[Needs] = (
        "any"  # answers of the other sort do not meet it; nothing: acts on the listening socket
    )
    in_process: ClassVar[bool] = True  # has a meaning without a socket, in the respx router

    kind: str
    name: str | None = None
    when: When = When()

    def apply(self, answer: Answer) -> None:
        """Change the answer."""
        raise NotImplementedError


class CuttingFault(Fault):
    """A fault that strikes at some point of the answer; without a position, before its first byte."""

    after_head_bytes: Annotated[int, Field(ge=1)] | None = (
        None  # so many bytes of status line and headers are sent
    )
    after_chunks: Annotated[int, Field(ge=0)] | None = (
        None  # the head and so many events (a plain body is one)
    )
    after_bytes: Annotated[int, Field(ge=0)] | None = None  # the head and so many bytes of the body

    @model_validator(mode="after")
    def _check_position(self) -> CuttingFault:
        given = [
            name
            for name in ("after_head_bytes", "after_chunks", "after_bytes")
            if getattr(self, name) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are given; give one of them")
        return self

    def cut(self, answer: Answer) -> None:
        """Drop what comes after the position."""
        if self.after_head_bytes is not None:
            cut_head(answer, self.after_head_bytes)
        elif self.after_chunks is not None:
            cut_after_chunks(answer, self.after_chunks)
        elif self.after_bytes is not None:
            cut_after_bytes(answer, self.after_bytes)
        else:
            answer.sends_head = False
            answer.pieces = []
