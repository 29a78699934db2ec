"""The client's own limiter: ten calls a second, while the provider is idle."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/product_names.py:broken",
    fixed="scenarios/chains/product_names.py:fixed",
    teaches="waiting that the client imposes on itself: no 429, an idle provider, and ten answers a second",
    expects="client_rate_limiter",
    input={"adjective": "green {user}"},
    steps=(1, 2, 5, 12),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
