"""A provider whose answers take a tenth of a second or three: the slow ones are as many for one user as for 20."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/support_summary.py:chain",
    expects="healthy",
    teaches="a long tail is not congestion when it does not grow with the load",
    input={"number": "{user}", "text": "The lamp is late ({canary})."},
    mock={"latency": {"kind": "lognormal", "mean_s": 0.3, "deviation_s": 0.4, "max_s": 4.0}},
    steps=(1, 5, 20),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
