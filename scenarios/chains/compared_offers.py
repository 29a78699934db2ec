"""Two views in parallel, with retries and a fallback.  Healthy: the provider errs now and then, and nobody notices."""

from __future__ import annotations

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel
from langchain_openai import ChatOpenAI

fast = ChatOpenAI(model="gpt-4o-mini", temperature=0, max_retries=2, timeout=20)
careful = ChatOpenAI(model="gpt-4o", temperature=0, max_retries=2, timeout=20)
model = fast.with_fallbacks([careful])

chain = RunnableParallel(
    price=ChatPromptTemplate.from_template("Is {offer} cheap?") | model | StrOutputParser(),
    quality=ChatPromptTemplate.from_template("Is {offer} well made?") | model | StrOutputParser(),
)
