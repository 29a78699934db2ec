"""An agent of several rounds and tools, some of them synchronous."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/travel_agent.py:chain",
    expects="healthy",
    teaches="many steps make an answer slow, not the service: it carries more users all the same",
    input={"messages": [{"role": "user", "content": "Plan my trip to the fair in Bergen ({canary})."}]},
    mock={"reply": {"tool_rounds": 3}},
    steps=(1, 3, 8),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
