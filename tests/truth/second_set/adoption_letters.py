"""Letters of the animal shelter. Letter sheets are costly to set up, so a few are kept and used again."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from string import Template

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI

LAYOUT = "To: $applicant\nAnimal: $animal\nTone: $tone\n"


class Sheet:
    def __init__(self) -> None:
        self.layout = Template(LAYOUT)
        self.fields: dict[str, str] = {}

    def fill(self, **fields: str) -> "Sheet":
        self.fields.update(fields)
        return self

    def wipe(self) -> None:
        self.fields.clear()

    def __str__(self) -> str:
        return self.layout.safe_substitute(self.fields)


class Drawer:
    def __init__(self, spare: int = 4) -> None:
        self.sheets = deque(Sheet() for _ in range(spare))

    @contextmanager
    def sheet(self) -> Iterator[Sheet]:
        sheet = self.sheets.pop() if self.sheets else Sheet()
        sheet.wipe()
        try:
            yield sheet
        finally:
            self.sheets.append(sheet)


class Shelter:
    def __init__(self, model: ChatOpenAI) -> None:
        self.drawer = Drawer()
        self.tone = ChatPromptTemplate.from_template("Which tone suits a letter about a {animal}?") | model
        self.body = (
            ChatPromptTemplate.from_template("Write this letter:\n{sheet}") | model | StrOutputParser()
        )

    async def compose(self, sheet: Sheet, animal: str) -> str:
        tone = await self.tone.ainvoke({"animal": animal})
        return await self.body.ainvoke({"sheet": str(sheet.fill(tone=str(tone.content)[:20]))})

    def letter(self, request: dict):
        with self.drawer.sheet() as sheet:
            sheet.fill(applicant=request["applicant"], animal=request["animal"])
            return self.compose(sheet, request["animal"])

    async def answer(self, request: dict) -> str:
        return await self.letter(request)


letters = RunnableLambda(Shelter(ChatOpenAI(model="gpt-4o-mini")).answer)
