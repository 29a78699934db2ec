"""The locustfile of `chainload run TARGET`: everything it does is in the request that the command hands over."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(target="", teaches="drives the target named on the command line")
ChainUser, StepShape = locust_classes(SCENARIO)
