"""Four connections to the provider: the fifth request waits for one, and no error says so."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/translator.py:broken",
    fixed="scenarios/chains/translator.py:fixed",
    teaches="connections / seconds an answer is a ceiling; without a time-out the wait for a connection is silent",
    expects="connection_pool_exhausted",
    input={"language": "French", "text": "The shade is made of glass ({canary})."},
    steps=(1, 2, 5, 12),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
