"""One lock for the memories of all customers, held while the model answers."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/room_planner.py:broken",
    fixed="scenarios/chains/room_planner.py:fixed",
    teaches="a lock across an `await` of the provider makes all customers take turns; one a customer does not",
    expects="semaphore_starved",
    input="Where do I put the lamp in room {sequence}?",
    config={"configurable": {"customer": "{user}"}},
    steps=(1, 2, 4, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
