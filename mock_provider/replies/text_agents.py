"""Agents that call tools by words: "Action:", "Action Input:", and "Final Answer:" at the end.  Pure.

The form is that of the ReAct paper, which prompts show with a line for each part.
"""

from __future__ import annotations

import re

END_MARK = "Final Answer:"  # texts without it have no such form
_TOOLS = re.compile(r"^\s*Action: [^\n]*\bof:? \[([^\]\n]+)\]", re.MULTILINE)
_QUESTION = re.compile(r"^\s*(?:Question|Current Task|Task):\s*(\S[^\n]*)", re.MULTILINE)
_OBSERVED = re.compile(r"^\s*Observation:", re.MULTILINE)


def find_step(text: str, tool_rounds: int) -> str | None:
    """What comes before the answer's own words, or a whole call; None when the text shows no such form."""
    tools = _TOOLS.search(text)
    if tools is None:
        return None
    said = text[text.rindex(END_MARK) :]
    if len(_OBSERVED.findall(said)) >= tool_rounds:
        return f"Thought: I now know the final answer\n{END_MARK} "
    names = [name.strip(" '\"`") for name in tools.group(1).split(",")]
    chosen = next((name for name in names if name and name in said), names[0])
    questions = _QUESTION.findall(said) or [line for line in said.split("\n")[1:] if line.strip()]
    question = questions[-1].strip() if questions else "sample input"
    return f"Thought: I should use {chosen}\nAction: {chosen}\nAction Input: {question}"
