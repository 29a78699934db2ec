"""A stream whose tokens come slowly from the provider itself."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/story_stream.py:chain",
    expects="healthy",
    teaches="a slow stream is held back by whoever keeps the next token: here the model does, not the consumer",
    mode="astream",
    input={"lamp": "Iris {user}"},
    mock={"latency": {"first_token_s": 0.3, "per_token_s": 0.02}},
    steps=(1, 4, 10),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
