"""A tool that is given up after 300 ms: the wait ends, its thread works on for two seconds."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/stock_agent.py:broken",
    fixed="scenarios/chains/stock_agent.py:fixed",
    teaches="`asyncio.wait_for` round a thread cancels the wait, not the work: threads stay taken",
    expects="thread_pool_saturated",
    input="How many lamps Iris {user} are there?",
    steps=(1, 4, 10, 20),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
