"""Conversations that remember, one history a session, cut to the last messages."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/guest_chat.py:fixed",
    expects="healthy",
    teaches="one's own words in one's own prompt are memory, not a mix-up",
    input={"text": "I am {canary}, what did I say before?"},
    config={"configurable": {"session_id": "guest-{user}"}},
    steps=(1, 5, 12),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
