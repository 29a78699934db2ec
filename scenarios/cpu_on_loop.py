"""A ranking in plain Python, in a coroutine: it computes on the event loop."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/reranked_search.py:broken",
    fixed="scenarios/chains/reranked_search.py:fixed",
    teaches="computing in a coroutine holds the loop as surely as sleeping does; the line that computes is named",
    expects="cpu_bound",
    input={"question": "Is the cord of the garden lamp long? ({user})"},
    steps=(1, 4, 10, 20),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
