"""A FastAPI endpoint defined with `def`: 40 threads are all there are, and each waits for the provider."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/desk_api.py:broken",
    fixed="scenarios/chains/desk_api.py:fixed",
    teaches="`def` endpoints share 40 threads: the forty-first customer waits, however idle the machine is",
    expects="thread_pool_saturated",
    path="/reply",
    body='{"text": "Where is my order {user}-{sequence}?"}',
    mock={"latency": {"mean_s": 0.8}},
    steps=(5, 30, 60, 90),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
