"""A provider that takes a second and a half for every answer: slow, and as slow for one user as for twenty."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/support_summary.py:chain",
    expects="healthy",
    teaches="slow is not saturated: throughput grows with the users, so nothing in the chain is to blame",
    input={"number": "{user}", "text": "The lamp is broken ({canary})."},
    mock={"latency": {"mean_s": 1.5}},
    steps=(1, 5, 20),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
