"""Nobody listens."""

from __future__ import annotations

from typing import Literal

from mock_provider.faults.listening_fault import ListeningFault


class RefusedConnection(ListeningFault):
    """The port is closed: new connections are refused.  Those that exist go on."""

    kind: Literal["refused_connection"]
