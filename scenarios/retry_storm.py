"""Three calls a claim, each retried by two layers: refusals feed on themselves."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/claims_check.py:broken",
    fixed="scenarios/chains/claims_check.py:fixed",
    teaches="retries multiply: under a quota, most calls are repeats, and each answer takes three calls that count",
    expects="provider_rate_limited",
    input={"claim": "The lamp fell from the ceiling ({user})."},
    mock={"limits": {"requests_per_minute": 600, "burst_s": 1.0}},
    steps=(1, 2, 5, 12),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
