"""Agents whose prompt shows them a form of lines for calls and answers."""

from __future__ import annotations

from asking import ask_chat, message_of

from mock_provider.replies import Script

FORM = """Use the following format:

Question: the question
Thought: what to do
Action: the action to take, should be one of [search, get_weather]
Action Input: the input to the action
Observation: the result of the action
Thought: I now know the final answer
Final Answer: the final answer

Begin!

Question: What is the weather in Rome?
Thought:"""
OBSERVED = """ I should use search
Action: search
Action Input: x
Observation: mild
Thought: """


def say(prompt: str, script: Script | None = None) -> str:
    return str(message_of(ask_chat(prompt, script=script))["content"])


def test_a_tool_is_called_first() -> None:
    lines = say(FORM).split("\n")
    assert lines[1:] == ["Action: search", "Action Input: What is the weather in Rome?"]


def test_the_tool_that_is_named_is_called() -> None:
    assert "Action: get_weather" in say(FORM.replace("Rome?", "Rome, by get_weather?"))


def test_the_answer_comes_after_the_rounds_of_tools() -> None:
    answer = say(FORM + OBSERVED)
    assert answer.startswith("Thought: I now know the final answer\nFinal Answer: The answer follows")
    assert "Action:" in say(FORM + OBSERVED, Script(tool_rounds=2))


def test_a_mere_mention_shows_no_form() -> None:
    assert say("What does Final Answer: mean?").startswith("The answer follows")
