"""Six calls a request, three at a time, within what the provider allows."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/leaflet_digest.py:chain",
    expects="healthy",
    teaches="fanning out is fine with a bound",
    input="Leaflet {user}",
    steps=(1, 3, 8),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
