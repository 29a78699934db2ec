"""Locust scenarios: describe one with ``Scenario``, turn it into Locust's classes with ``locust_classes``.

    SCENARIO = Scenario(target="app/chain.py:chain", steps=(1, 5, 20), hold="10s")
    ChainUser, StepShape = locust_classes(SCENARIO)

Importing this package patches nothing; ``locust_classes`` imports Locust, which patches the interpreter for gevent.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.load.scenario import Scenario

if TYPE_CHECKING:
    from harness.load.shape import StepShape
    from harness.load.users import ChainUser

__all__ = ["Scenario", "locust_classes"]


def locust_classes(
    scenario: Scenario, *, file: str | Path | None = None
) -> tuple[type[ChainUser], type[StepShape]]:
    """A user and a load shape for Locust to discover; give them module-level names in a locustfile.

    file: where the scenario is written; None takes the calling module's file.  A subclass of the user with tasks of
    its own replaces it.
    """
    # Here and not above: importing Locust patches sockets, threads and time of the whole process.
    from harness.load.plugin import LoadPlugin
    from harness.load.shape import StepShape
    from harness.load.users import ChainUser

    path = file if file is not None else sys._getframe(1).f_globals.get("__file__")
    plugin = LoadPlugin(scenario, Path(path) if path is not None else None)
    plugin.attach()
    module = {"plugin": plugin, "__module__": sys._getframe(1).f_globals.get("__name__", __name__)}
    return (
        type("ChainUser", (ChainUser,), {"abstract": False, **module}),
        type("StepShape", (StepShape,), {"abstract": False, **module}),
    )
