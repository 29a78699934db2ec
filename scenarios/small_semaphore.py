"""A semaphore of three permits in a decorator, long forgotten."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/advert_texts.py:broken",
    fixed="scenarios/chains/advert_texts.py:fixed",
    teaches="permits / seconds held is the throughput there is; the line that waits is named",
    expects="semaphore_starved",
    input={"lamp": "Iris {user}"},
    steps=(1, 2, 4, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
