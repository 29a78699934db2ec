"""The process in which the user's chain runs.  No gevent, no locust, ever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.target.deployment import Deployment


def install(*, token: str | None = None, directory: str | Path | None = None) -> Deployment:
    """Put the probes into a service of the user's own, before it imports what is to be measured.

    ``app = harness.target.install().wrap(app)`` lets a run that knows the token read what they measure.  token: None
    takes it from CHAINLOAD_TOKEN.  directory: where the records are kept meanwhile; None: a temporary one.
    """
    from harness.target.deployment import install as install_probes

    return install_probes(token=token, directory=directory)
