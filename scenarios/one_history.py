"""A history for all sessions: what one guest says, the next guest's prompt contains."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/guest_chat.py:broken",
    fixed="scenarios/chains/guest_chat.py:fixed",
    teaches="a history factory that ignores the session id mixes all customers, and shows only in the prompts",
    expects="shared_state_crosstalk",
    input={"text": "I am {canary}, what is new?"},
    config={"configurable": {"session_id": "guest-{user}"}},
    steps=(1, 5, 10),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
