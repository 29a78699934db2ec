"""Faults of the listening socket.  They strike before there is a request, so they can depend on time alone."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from mock_provider.answer import Answer
from mock_provider.faults.fault import Fault, Needs


class ListeningFault(Fault):
    """Acts on new connections, not on answers."""

    needs: ClassVar[Needs] = "nothing"
    in_process: ClassVar[bool] = False

    @model_validator(mode="after")
    def _check_when(self) -> ListeningFault:
        if not self.when.asks_only_time:
            asked = ", ".join(self.when.asked_beside_time)
            raise ValueError(
                f"when asks for {asked}, but {self.kind} strikes before there is a request; "
                "it may depend on after_s, until_s and outage only"
            )
        return self

    def apply(self, answer: Answer) -> None:
        """Nothing: the listener asks for these itself."""
