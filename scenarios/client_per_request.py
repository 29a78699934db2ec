"""A client for each request: certificates are read and a connection is opened every time."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/tenant_answers.py:broken",
    fixed="scenarios/chains/tenant_answers.py:fixed",
    teaches="clients are to be shared: building one holds the event loop for tens of milliseconds",
    expects="client_churn",
    input={"tenant": "shop {user}", "question": "Do you sell bulbs?"},
    steps=(1, 3, 8),
    hold="4s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
