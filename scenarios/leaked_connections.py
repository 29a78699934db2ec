"""Streams that are left half read: each keeps its connection, until there is none."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/headline_stream.py:broken",
    fixed="scenarios/chains/headline_stream.py:fixed",
    teaches="a stream that is not closed keeps its connection; everything works until the last one is taken",
    expects="connection_pool_exhausted",
    input="the lamp Iris {user}",
    steps=(1, 3, 6),
    hold="5s",
    timeout="5s",
    drain="5s",
    mock={"latency": {"per_token_s": 0.01}},
)
ChainUser, StepShape = locust_classes(SCENARIO)
