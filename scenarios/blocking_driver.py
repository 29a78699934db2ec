"""An asynchronous wrapper round a driver that blocks, in a node of a graph."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/price_graph.py:broken",
    fixed="scenarios/chains/price_graph.py:fixed",
    teaches="`async def` makes nothing asynchronous: a driver that blocks holds the event loop for every query",
    expects="event_loop_blocked",
    input={"article": "Iris {user}"},
    steps=(1, 2, 4, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
