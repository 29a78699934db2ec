"""A loop started inside the running loop: every request fails."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/notebook_tool.py:broken",
    fixed="scenarios/chains/notebook_tool.py:fixed",
    teaches='`run_until_complete` in a coroutine: "This event loop is already running", no call goes out',
    expects="sync_async_misuse",
    input="lumen {user}",
    steps=(1, 5),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
