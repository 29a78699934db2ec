"""A consumer that awaits a service for each token: the stream is held back, not the provider."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/spoken_answer.py:broken",
    fixed="scenarios/chains/spoken_answer.py:fixed",
    teaches="what a consumer does between two tokens is paid for every token; collect them",
    expects="slow_stream_consumer",
    mode="astream",
    input={"task": "wire a lamp ({user})"},
    steps=(1, 4, 10),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
