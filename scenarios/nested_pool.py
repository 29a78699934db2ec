"""Threads that wait for work which queues behind them: below six users nothing shows, from six on nothing moves."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/contract_review.py:broken",
    fixed="scenarios/chains/contract_review.py:fixed",
    teaches="work that waits for work of the same pool: fine in every test, a standstill once all are taken",
    expects="thread_pool_deadlock",
    input="Contract {user} on the delivery of lamps.",
    steps=(1, 3, 6, 10),
    hold="4s",
    timeout="5s",
    drain="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
