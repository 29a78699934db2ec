"""A new event loop for every request: connections die with the loop that opened them."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/bridged_answer.py:broken",
    fixed="scenarios/chains/bridged_answer.py:fixed",
    teaches='`asyncio.run` in a step: "Event loop is closed", after the provider has answered and charged',
    expects="sync_async_misuse",
    input={"term": "lumen {user}"},
    steps=(1, 3, 8),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
