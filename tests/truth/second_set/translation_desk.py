"""Product texts in three languages at once; a second model steps in when the first fails."""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableParallel
from langchain_openai import ChatOpenAI

primary = ChatOpenAI(model="gpt-4o", timeout=30, max_retries=1).configurable_fields(
    temperature=ConfigurableField(id="temperature")
)
spare = ChatOpenAI(model="gpt-4o-mini", timeout=30, max_retries=1)
model = primary.with_retry(stop_after_attempt=2, wait_exponential_jitter=False).with_fallbacks([spare])


def into(language: str):
    return (
        ChatPromptTemplate.from_template(f"Translate into {language}, keep the tone:\n\n{{text}}")
        | model
        | StrOutputParser()
    )


desk = RunnableParallel(french=into("French"), polish=into("Polish"), finnish=into("Finnish"))
