"""Exhibition texts: a room plan, then a label for each exhibit and each kind of visitor."""

from itertools import product

from langchain_core.output_parsers import BaseOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

VISITORS = ("children", "teachers", "specialists", "tourists", "members")
EXHIBITS_PER_ROOM = 4


class RoomPlan(BaseOutputParser[list[str]]):
    """One exhibit a line; the curator wants exactly as many as there are plinths."""

    plinths: int = EXHIBITS_PER_ROOM

    def parse(self, text: str) -> list[str]:
        lines = [line.strip("-* ") for line in text.splitlines() if line.strip()]
        spare = (f"loan no. {number}" for number in range(1, self.plinths + 1))
        return [*lines, *spare][: self.plinths]


llm = ChatOpenAI(model="gpt-4o-mini", max_retries=3)

plan = ChatPromptTemplate.from_template("Name exhibits for a room on {theme}.") | llm | RoomPlan()
label = ChatPromptTemplate.from_template("A label on {exhibit} for {visitor}.") | llm | StrOutputParser()


def plates(room: dict) -> list[list[dict]]:
    return [
        [{"exhibit": exhibit, "visitor": visitor} for exhibit, visitor in product([exhibit], VISITORS)]
        for exhibit in room["plan"]
    ]


def hang(room: dict) -> str:
    return "\n\n".join("\n".join(group) for group in room["labels"])


exhibition = (
    RunnablePassthrough.assign(plan=plan)
    | RunnableParallel(theme=lambda room: room["theme"], labels=RunnableLambda(plates) | label.map().map())
    | hang
)
