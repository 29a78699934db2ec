"""A tool that waits for a reply without a time-out: one lost message, and the user who asked is never served again."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/order_agent.py:broken",
    fixed="scenarios/chains/order_agent.py:fixed",
    teaches="a tool without a time-out: users get stuck one by one, and the frame in which they wait is named",
    expects="call_never_returns",
    input={"messages": [{"role": "user", "content": "Where is my order 10{user}{sequence}?"}]},
    steps=(1, 5, 10),
    hold="8s",
    timeout="5s",
    drain="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
