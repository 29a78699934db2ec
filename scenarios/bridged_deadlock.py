"""Threads of the loop that wait for the loop, which needs a thread to finish: from six users on nothing moves."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/glossary_bridge.py:broken",
    fixed="scenarios/chains/glossary_bridge.py:fixed",
    teaches="`run_coroutine_threadsafe(…).result()` in a step: the thread that waits is the one that is needed",
    expects="thread_pool_deadlock",
    input="lumen {user}",
    steps=(1, 4, 8, 40),
    hold="4s",
    timeout="5s",
    drain="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
