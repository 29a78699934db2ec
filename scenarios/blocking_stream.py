"""A synchronous stream inside an asynchronous endpoint: one answer at a time for the whole process."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/advice_stream.py:broken",
    fixed="scenarios/chains/advice_stream.py:fixed",
    teaches="`for … in chain.stream()` in an `async def`: the endpoint streams, and serves one customer at a time",
    expects="event_loop_blocked",
    path="/chat",
    body='{"text": "Which bulb fits my desk lamp? ({canary})"}',
    steps=(1, 2, 5, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
