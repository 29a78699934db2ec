"""An agent that searches for what is not there, without a limit to its steps."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/research_agent.py:broken",
    fixed="scenarios/chains/research_agent.py:fixed",
    teaches="`create_agent` stops after 9999 steps unless told otherwise: until then, somebody pays",
    expects="runaway_loop",
    input={"messages": [{"role": "user", "content": "Who built the first lamp {user}?"}]},
    mock={"latency": {"mean_s": 0.05}, "reply": {"always_tool_call": True}},
    steps=(1, 3),
    hold="7s",
    timeout="6s",
    drain="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
