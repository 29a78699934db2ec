"""One call in fifty fails; retries and a fallback cover it."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/compared_offers.py:chain",
    expects="healthy",
    teaches="a few retries are what retries are for",
    input={"offer": "lamp {user} for 30 euros"},
    mock={"faults": [{"kind": "status", "status": 500, "when": {"share": 0.02}}]},
    steps=(1, 4, 10),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
