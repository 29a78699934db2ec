"""A map over two dozen pages, all at once: one user is enough to run into the quota."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/manual_digest.py:broken",
    fixed="scenarios/chains/manual_digest.py:fixed",
    teaches="`abatch` without `max_concurrency` multiplies each user by the number of documents",
    expects="unbounded_fan_out",
    input="Manual {user}",
    mock={"limits": {"requests_per_minute": 900, "burst_s": 1.0}},
    steps=(1, 2, 4),
    hold="6s",
    timeout="30s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
