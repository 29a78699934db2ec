"""What can go wrong: one file a fault, and this table.  Adding one touches nothing else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mock_provider.faults.close import Close
from mock_provider.faults.delay import Delay
from mock_provider.faults.dribble import Dribble
from mock_provider.faults.error_event import ErrorEvent
from mock_provider.faults.fault import Fault
from mock_provider.faults.hang import Hang
from mock_provider.faults.listening_fault import ListeningFault
from mock_provider.faults.malformed_event import MalformedEvent
from mock_provider.faults.malformed_json import MalformedJson
from mock_provider.faults.plain_instead_of_stream import PlainInsteadOfStream
from mock_provider.faults.refused_connection import RefusedConnection
from mock_provider.faults.reset import Reset
from mock_provider.faults.slow_first_token import SlowFirstToken
from mock_provider.faults.slow_tokens import SlowTokens
from mock_provider.faults.stalled_accept import StalledAccept
from mock_provider.faults.status import Status
from mock_provider.faults.truncated_stream import TruncatedStream
from mock_provider.faults.wrong_content_length import WrongContentLength
from mock_provider.faults.wrong_content_type import WrongContentType

AnyFault = Annotated[
    Status
    | Delay
    | SlowFirstToken
    | SlowTokens
    | Hang
    | Reset
    | Close
    | TruncatedStream
    | MalformedEvent
    | ErrorEvent
    | MalformedJson
    | PlainInsteadOfStream
    | WrongContentType
    | WrongContentLength
    | Dribble
    | RefusedConnection
    | StalledAccept,
    Field(discriminator="kind"),
]

__all__ = ["AnyFault", "Fault", "ListeningFault"]
