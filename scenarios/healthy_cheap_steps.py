"""A dozen synchronous steps a request, each over at once: the queue for threads is long and fast."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/shelf_search.py:chain",
    expects="healthy",
    teaches="many jobs for few threads are fine while each takes microseconds",
    input={"name": "Ms {user}", "question": "Where are the reading lamps?"},
    steps=(1, 5, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
