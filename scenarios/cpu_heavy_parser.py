"""An output parser that computes for tens of milliseconds: the interpreter runs one such parse at a time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/article_parser.py:broken",
    fixed="scenarios/chains/article_parser.py:fixed",
    teaches="LangChain runs parsers in threads; computing threads share one interpreter, so more of them help nothing",
    expects="cpu_bound",
    input={"furniture": "an oak table ({user})"},
    steps=(1, 4, 10, 20),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
