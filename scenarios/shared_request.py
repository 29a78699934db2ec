"""The request is kept on an object that all requests share, across an `await`."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/gift_finder.py:broken",
    fixed="scenarios/chains/gift_finder.py:fixed",
    teaches="one customer's words in another's prompt: no error, no slowness, found by the canary in each request",
    expects="shared_state_crosstalk",
    input="My aunt likes blue {canary}",
    steps=(1, 5, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
