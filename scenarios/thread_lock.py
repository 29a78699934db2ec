"""A lock round a client that needs none: with threads as well, one request at a time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/spelling.py:broken",
    fixed="scenarios/chains/spelling.py:fixed",
    teaches="a `threading.Lock` across a call to the provider serialises every thread behind it",
    expects="semaphore_starved",
    mode="invoke",
    input={"text": "The lampp is brokn ({user})."},
    steps=(1, 2, 4, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
