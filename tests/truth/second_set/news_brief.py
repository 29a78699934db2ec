"""Morning brief: pick the story, then write it up."""

from dataclasses import dataclass

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_openai import ChatOpenAI


@dataclass(frozen=True)
class Plan:
    """What the account of this team is entitled to."""

    name: str
    calls_per_minute: int

    def limiter(self):
        return InMemoryRateLimiter(
            requests_per_second=self.calls_per_minute / 60,
            check_every_n_seconds=0.05,
            max_bucket_size=4,
        )


class Models:
    def __init__(self, plan: Plan):
        self._shared = {"rate_limiter": plan.limiter(), "max_retries": 2}

    def get(self, name, **settings):
        return ChatOpenAI(model=name, **self._shared, **settings)


models = Models(Plan("starter", calls_per_minute=960))


def chain():
    pick = ChatPromptTemplate.from_template("The story of the day about {topic}, in a line.")
    write = ChatPromptTemplate.from_template("Write it up in 80 words: {story}")
    return (
        pick
        | models.get("gpt-4o-mini")
        | StrOutputParser()
        | (lambda story: {"story": story})
        | write
        | models.get("gpt-4o", temperature=0.4)
        | StrOutputParser()
    )
