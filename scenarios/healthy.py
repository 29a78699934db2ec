"""A chain with nothing wrong: the provider takes its 200 ms, and throughput grows with every user tried."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/support_summary.py:chain",
    teaches="what a healthy chain looks like: throughput grows with the users, response time does not",
    expects="healthy",
    input={
        "number": "{user}-{sequence}",
        "text": "The parcel arrived, but the lamp in it is broken ({canary}).",
    },
    steps=(1, 5, 10, 20),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
