"""Pauses of the garbage collector: the loop is late by up to a tenth of a second, rarely."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/archive_answer.py:chain",
    expects="healthy",
    teaches="one long pause says little: what counts is the share of time the loop is late",
    input={"lamp": "Iris {user}"},
    steps=(1, 5, 15),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
