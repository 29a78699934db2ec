"""A queue with two workers behind it: no lock, no pool, and yet two at a time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/mail_sorter.py:broken",
    fixed="scenarios/chains/mail_sorter.py:fixed",
    teaches="a queue hides the limit: it is the number of workers that take from it, wherever the requests wait",
    expects="semaphore_starved",
    input="My lamp {user}-{sequence} has not arrived.",
    steps=(1, 2, 5, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
