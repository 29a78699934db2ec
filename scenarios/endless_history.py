"""Each turn sends all turns before it: answers slow down with every request, whatever the load."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/lesson_chat.py:broken",
    fixed="scenarios/chains/lesson_chat.py:fixed",
    teaches="prompts that grow with every turn: a test of a minute looks fine, a day of lessons does not",
    expects="growing_state",
    input={"text": "And what about colour temperature, lesson {sequence}?"},
    config={"configurable": {"session_id": "pupil-{user}"}},
    mock={"latency": {"mean_s": 0.1, "per_prompt_token_s": 0.0002}},
    steps=(1, 3, 8),
    hold="6s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
