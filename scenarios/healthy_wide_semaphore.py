"""A semaphore that nobody ever waits for."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/polite_writer.py:chain",
    expects="healthy",
    teaches="a semaphore in the code is no evidence; a wait for it would be",
    input="a lamp of glass ({user})",
    steps=(1, 5, 20),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
