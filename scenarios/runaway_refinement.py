"""A loop of writer and critic that ends when the critic is content: never."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/slogan_refiner.py:broken",
    fixed="scenarios/chains/slogan_refiner.py:fixed",
    teaches="a loop whose end a model decides needs a second way out",
    expects="runaway_loop",
    input={"lamp": "Iris {user}"},
    mock={"latency": {"mean_s": 0.05}},
    steps=(1, 3),
    hold="7s",
    timeout="6s",
    drain="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
