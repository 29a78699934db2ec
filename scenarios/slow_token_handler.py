"""A handler that saves each token: the stream goes at the pace of the disk."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/live_captions.py:broken",
    fixed="scenarios/chains/live_captions.py:fixed",
    teaches="a synchronous token handler is a job for a thread per token, and the stream waits for each",
    expects="slow_stream_consumer",
    mode="astream",
    input={"lamp": "Iris {user}"},
    steps=(1, 4, 10, 20),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
