"""Compares a primer with the laboratory's stock before the model words the finding."""

import asyncio
import random
from dataclasses import dataclass
from operator import attrgetter

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

BASES = "ACGT"
dice = random.Random(7)


@dataclass(frozen=True)
class Primer:
    name: str
    sequence: str


@dataclass(frozen=True)
class Match:
    primer: Primer
    score: int


STOCK = [Primer(f"P{n:03}", "".join(dice.choices(BASES, k=100))) for n in range(26)]


def similarity(one: str, other: str, gap: int = -2) -> int:
    """Global alignment; two rows are enough when only the score matters."""
    above = [gap * column for column in range(len(other) + 1)]
    for row, base in enumerate(one, start=1):
        current = [gap * row]
        for column, counterpart in enumerate(other, start=1):
            diagonal = above[column - 1] + (1 if base == counterpart else -1)
            current.append(max(diagonal, above[column] + gap, current[-1] + gap))
        above = current
    return above[-1]


def closest(sequence: str, stock: list[Primer], best: int = 3) -> list[Match]:
    matches = [Match(primer, similarity(sequence, primer.sequence)) for primer in stock]
    return sorted(matches, key=attrgetter("score"), reverse=True)[:best]


def as_sequence(order: str) -> str:
    return "".join(random.Random(order).choices(BASES, k=90))


async def look_up(order: dict) -> dict:
    sequence = as_sequence(order["order"])
    matches = await asyncio.to_thread(closest, sequence, STOCK)
    return {"order": order["order"], "matches": ", ".join(f"{m.primer.name}={m.score}" for m in matches)}


findings = (
    RunnableLambda(look_up)
    | ChatPromptTemplate.from_template(
        "Order {order} resembles {matches}. Word the finding in two sentences."
    )
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
