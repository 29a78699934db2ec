"""A provider that is five times slower during its first seconds, as after a cold start."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/support_summary.py:chain",
    expects="healthy",
    teaches="what is slow only in the beginning is warm-up, whatever the number of users then",
    input={"number": "{user}", "text": "The shade is cracked ({canary})."},
    mock={"latency": {"warm_up_s": 5.0, "warm_up_factor": 5.0}},
    steps=(1, 5, 15),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
