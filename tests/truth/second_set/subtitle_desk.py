"""Subtitles for the archive: earlier wording is looked up, the model translates."""

from dataclasses import dataclass, field
from functools import partial
from typing import TypedDict

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph


def shingles(text: str, size: int = 3) -> frozenset[str]:
    plain = " ".join(text.lower().split())
    return frozenset(plain[at : at + size] for at in range(max(1, len(plain) - size + 1)))


def windows(text: str, width: int = 5) -> list[str]:
    words = text.split()
    return [" ".join(words[at : at + width]) for at in range(max(1, len(words) - width + 1))]


@dataclass(slots=True, frozen=True)
class Segment:
    text: str
    marks: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Segment":
        return cls(text, shingles(text))


@dataclass
class Wording:
    segments: list[Segment] = field(default_factory=list)

    def learn(self, *texts: str) -> None:
        for text in texts:
            self.segments.extend(map(Segment.of, windows(text)))

    def nearest(self, text: str) -> str:
        best, score = "", 0.0
        for wanted in map(shingles, windows(text)):
            for segment in self.segments:
                alike = len(wanted & segment.marks) / len(wanted | segment.marks)
                if alike > score:
                    best, score = segment.text, alike
        return best


class Line(TypedDict, total=False):
    line: str
    precedent: str
    subtitle: str


async def precedent(wording: Wording, state: Line) -> Line:
    return {"precedent": wording.nearest(state["line"])}


async def render(translator, state: Line) -> Line:
    return {"subtitle": await translator.ainvoke({"line": state["line"], "precedent": state["precedent"]})}


async def file_away(wording: Wording, state: Line) -> Line:
    wording.learn(state["line"], state["subtitle"])
    return {}


def desk():
    wording = Wording()
    wording.learn("The train leaves at nine", "Nobody told me about the letter")
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Subtitle in at most 40 signs. Keep to: {precedent}"), ("user", "{line}")]
    )
    graph = StateGraph(Line)
    graph.add_node("look", partial(precedent, wording))
    graph.add_node("render", partial(render, prompt | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()))
    graph.add_node("file", partial(file_away, wording))
    graph.add_edge(START, "look")
    graph.add_edge("look", "render")
    graph.add_edge("render", "file")
    graph.add_edge("file", END)
    return graph.compile()
