"""A pool of three threads for a client that blocks: the pool is the limit, not the haulier."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/delivery_quote.py:broken",
    fixed="scenarios/chains/delivery_quote.py:fixed",
    teaches="a pool made for calm days is a limit: threads / seconds a call is the throughput there is",
    expects="thread_pool_saturated",
    input={"article": "Iris", "postcode": "{user}{sequence}"},
    steps=(1, 2, 5, 10, 20),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
