"""Reads a lab protocol and links what it names to the catalogue of reagents."""

import difflib
import itertools

from langchain_core.output_parsers import BaseOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

STEMS = [
    "sodium",
    "potassium",
    "ethyl",
    "methyl",
    "trypsin",
    "agarose",
    "acetic",
    "chloro",
    "amino",
    "phenyl",
]
KINDS = ["chloride", "acetate", "buffer", "solution", "hydroxide", "sulphate"]
GRADES = ["10 mM", "50 mM", "1 M", "dry", "analytical"]
CATALOGUE = [" ".join(parts) for parts in itertools.product(STEMS, KINDS, GRADES)]


class Protocol(BaseModel):
    text: str
    reagents: list[str]


class ReagentLinker(BaseOutputParser[Protocol]):
    """Every phrase of three words is looked up, as spellings vary."""

    phrases: int = 8

    def _closest(self, phrase: str) -> str | None:
        found = difflib.get_close_matches(phrase, CATALOGUE, n=1, cutoff=0.35)
        return found[0] if found else None

    def parse(self, text: str) -> Protocol:
        words = text.lower().split()
        phrases = [" ".join(words[n : n + 3]) for n in range(0, len(words), 3)][: self.phrases]
        linked = [self._closest(phrase) for phrase in phrases]
        return Protocol(text=text, reagents=[reagent for reagent in linked if reagent])


protocols = (
    ChatPromptTemplate.from_messages(
        [("system", "Write a bench protocol. List every reagent with its concentration."), ("human", "{aim}")]
    )
    | ChatOpenAI(model="gpt-4o-mini")
    | ReagentLinker()
)
