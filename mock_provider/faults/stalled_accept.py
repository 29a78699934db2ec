"""A server too busy to take new connections."""

from __future__ import annotations

from typing import Literal

from mock_provider.faults.listening_fault import ListeningFault


class StalledAccept(ListeningFault):
    """The kernel takes new connections, nobody reads them; they are served when the stall is over."""

    kind: Literal["stalled_accept"]
