"""A graph that sends twenty tasks at once to a provider that serves twelve requests at a time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/review_graph.py:broken",
    fixed="scenarios/chains/review_graph.py:fixed",
    teaches="`Send` starts as many tasks as there are documents: one user fills the provider, two are refused",
    expects="unbounded_fan_out",
    input={"lamp": "Iris {user}"},
    mock={"limits": {"max_in_flight": 12}},
    steps=(1, 2, 5),
    hold="6s",
    timeout="30s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
