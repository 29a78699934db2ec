from __future__ import annotations

import pytest
from collector import NAME
from outcome import Outcome


@pytest.fixture
def outcomes(pytestconfig: pytest.Config) -> list[Outcome]:
    """Of the runs so far; of the same scenario's, where tests run side by side."""
    collector = pytestconfig.pluginmanager.get_plugin(NAME)
    found: list[Outcome] = collector.outcomes if collector is not None else []
    return found
