"""An index that is loaded with the first request, behind a lock: one slow request, then none."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/lazy_index.py:chain",
    expects="healthy",
    teaches="a lock that is waited for once is no limit",
    input={"question": "What are lamps for? ({user})"},
    steps=(1, 5, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
