"""Weather bulletins for farmers: readings are cleaned, converted and put into words."""

from operator import itemgetter

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI


def parse(reading: dict) -> dict:
    numbers = [float(len(word)) for word in reading["raw"].split()]
    return {"raw": reading["raw"], "values": numbers or [0.0]}


def celsius(reading: dict) -> float:
    return round((sum(reading["values"]) / len(reading["values"]) * 9 - 32) / 1.8, 1)


def wind(reading: dict) -> str:
    return "NESW"[int(max(reading["values"])) % 4]


def frost(reading: dict) -> bool:
    return celsius(reading) < 0


def rain(reading: dict) -> int:
    return int(sum(value * value for value in reading["values"])) % 40


def tidy(text: str) -> str:
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in text.split(".") if sentence.strip()]


bulletin = (
    RunnableLambda(parse)
    | RunnablePassthrough.assign(temperature=celsius, wind=wind, frost=frost, rain=rain)
    | RunnableParallel(
        raw=itemgetter("raw"),
        temperature=itemgetter("temperature"),
        wind=itemgetter("wind"),
        warnings=lambda reading: "frost" if reading["frost"] else "none",
        rain=itemgetter("rain"),
    )
    | ChatPromptTemplate.from_template(
        "Bulletin for farmers. {temperature} degrees, wind {wind}, rain {rain} mm, warnings: {warnings}. Station: {raw}"
    )
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
    | RunnableLambda(tidy)
    | RunnableLambda(sentences)
    | (lambda lines: {"lines": lines, "length": len(lines)})
)
