"""A coroutine is called and never awaited: the log stays empty, and nothing fails."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/audited_answer.py:broken",
    fixed="scenarios/chains/audited_answer.py:fixed",
    teaches="a call without `await` is fast and does nothing; Python warns where nobody looks",
    expects="sync_async_misuse",
    input="How long does a bulb last? ({user})",
    steps=(1, 5, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
