"""A rate limiter of the client that is far wider than the load."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/bounded_names.py:chain",
    expects="healthy",
    teaches="a limiter that never makes anybody wait limits nothing",
    input={"code": "#fff{user}"},
    steps=(1, 5, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
