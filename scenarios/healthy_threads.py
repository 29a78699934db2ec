"""Synchronous calls in as many threads as there are users."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/spelling.py:fixed",
    expects="healthy",
    teaches="threads as such are no fault: enough of them carry synchronous code well",
    mode="invoke",
    input={"text": "The lampp is brokn ({user})."},
    steps=(1, 5, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
