"""A provider that works on six requests at a time: the rest queue there, and the chain is innocent."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/trip_report.py:broken",
    fixed="scenarios/chains/trip_report.py:fixed",
    teaches="when the provider's own time grows, no change to the chain's waits helps; fewer calls do",
    expects="provider_slow",
    input={"city": "Bergen {user}"},
    mock={"latency": {"mean_s": 0.25}, "capacity": {"slots": 6}},
    steps=(1, 3, 6, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
