"""A provider that now and then never answers, and a client without a time-out."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/letter_api.py:broken",
    fixed="scenarios/chains/letter_api.py:fixed",
    teaches="OpenAI clients made by LangChain wait for ever by default: one lost answer is one user less",
    expects="call_never_returns",
    path="/letters",
    body='{"matter": "a lamp that came broken ({user}-{sequence})"}',
    mock={"faults": [{"kind": "hang", "when": {"every": 25}}]},
    steps=(1, 4, 10),
    hold="5s",
    timeout="4s",
    drain="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
