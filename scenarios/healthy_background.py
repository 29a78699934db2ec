"""Work that goes on after the answer, in a background task, as it is meant to."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/survey_api.py:chain",
    expects="healthy",
    teaches="a call that ends after the answer is no mistake when somebody keeps and awaits it",
    path="/surveys",
    body='{"text": "All fine ({user}-{sequence})."}',
    steps=(1, 4, 10),
    hold="5s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
