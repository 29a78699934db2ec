"""A synchronous call inside a coroutine: the event loop stands still for 200 ms of every request."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/moderated_answer.py:broken",
    fixed="scenarios/chains/moderated_answer.py:fixed",
    teaches="`.invoke()` in an `async def`: five calls a second is all there is, whatever the number of users",
    expects="event_loop_blocked",
    input={"question": "Which lamp suits a reading corner? ({canary})"},
    steps=(1, 2, 5, 10),
    hold="8s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
