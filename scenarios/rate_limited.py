"""The provider allows ten requests a second; beyond that it says 429, and users wait for the client's back-off."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/faq_answers.py:broken",
    fixed="scenarios/chains/faq_answers.py:fixed",
    teaches="a quota turns into waiting and errors through retries; a cache takes the repeated questions away",
    expects="provider_rate_limited",
    inputs="scenarios/chains/faq_answers.py:question",
    mock={"limits": {"requests_per_minute": 600, "burst_s": 1.0}},
    steps=(1, 2, 5, 10, 20),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
