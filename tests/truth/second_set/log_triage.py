"""Triage of service logs: names the host, then asks the model what to do."""

import re

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

LINES = [
    "2025-03-04 10:21:07 kernel: eth0 link up",
    "host=app-euro-west-one-bluegreen-",
    "2025-03-04 10:21:09 systemd: started worker",
    "host=app-eu-west-two-grey-canary-b!",
]


class Grammar:
    """Patterns that came with the log shipper."""

    host = re.compile(r"^host=((?:[a-z]+-?)+)\.(?P<domain>[a-z.]+)$")
    stamp = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)")

    def describe(self, line):
        if found := self.stamp.match(line):
            return f"at {found[2]}"
        if found := self.host.match(line):
            return f"on {found['domain']}"
        return "unplaced"


class Triage:
    def __init__(self, grammar=None):
        self.grammar = grammar or Grammar()

    def facts(self, inputs):
        lines = [*LINES, inputs["line"]]
        return [f"{self.grammar.describe(line)}: {line}" for line in lines]


triage = Triage()
prompt = ChatPromptTemplate.from_template("Logs:\n{facts}\nWhat should the operator do?")
chain = (
    RunnablePassthrough.assign(facts=RunnableLambda(triage.facts))
    | prompt
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
