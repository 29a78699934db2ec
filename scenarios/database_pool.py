"""A database connection held while the model writes: three connections are three requests at a time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/ticket_notes.py:broken",
    fixed="scenarios/chains/ticket_notes.py:fixed",
    teaches="hold a connection for the query, not for the answer: the pool was never too small",
    expects="connection_pool_exhausted",
    mode="invoke",
    input=17,
    steps=(1, 2, 4, 10),
    hold="4s",
    timeout="20s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
