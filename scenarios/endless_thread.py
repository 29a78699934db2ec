"""A checkpointer keeps the thread, and the node sends all of it."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/repair_graph.py:broken",
    fixed="scenarios/chains/repair_graph.py:fixed",
    teaches="a LangGraph thread grows with every turn unless the node, or a reducer, cuts it",
    expects="growing_state",
    input={"messages": [{"role": "user", "content": "Step {sequence} is done, what now?"}]},
    config={"configurable": {"thread_id": "customer-{user}"}},
    mock={"latency": {"mean_s": 0.1, "per_prompt_token_s": 0.0002}},
    steps=(1, 3, 8),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
