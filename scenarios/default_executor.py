"""A retriever without an asynchronous method: LangChain runs it in the default executor, which has few threads."""

from harness.load import Scenario, locust_classes

SCENARIO = Scenario(
    target="scenarios/chains/handbook_rag.py:broken",
    fixed="scenarios/chains/handbook_rag.py:fixed",
    teaches="synchronous steps under `ainvoke` share the default executor: its threads are the limit, not the provider",
    expects="thread_pool_saturated",
    input="May I take the train to the fair in {user} weeks?",
    steps=(1, 4, 8, 16, 32),
    hold="8s",
)
ChainUser, StepShape = locust_classes(SCENARIO)
