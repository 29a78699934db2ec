"""Which recipe fits what is in the fridge?  Retrieval over a small cookbook."""

from functools import cache
from operator import itemgetter

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableParallel, RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

DISHES = [
    "leek tart",
    "dal with spinach",
    "barley risotto",
    "fish pie",
    "okonomiyaki",
    "ribollita",
    "shakshuka",
]


@cache
def cookbook() -> InMemoryVectorStore:
    embeddings = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False)
    pages = [
        Document(f"{dish}, variant {n}: serves {n + 1}, takes {20 + 5 * n} minutes", metadata={"page": n})
        for dish in DISHES
        for n in range(5)
    ]
    return InMemoryVectorStore.from_documents(pages, embeddings)


def as_text(pages: list[Document]) -> str:
    return "\n".join(page.page_content for page in pages)


def build():
    retriever = cookbook().as_retriever(search_kwargs={"k": 4})
    prompt = ChatPromptTemplate.from_template(
        "Recipes:\n{recipes}\n\nIn the fridge: {fridge}\nWhat shall I cook?"
    )
    return (
        RunnableParallel(fridge=itemgetter("fridge"), pages=itemgetter("fridge") | retriever)
        | RunnablePassthrough.assign(recipes=lambda found: as_text(found["pages"]))
        | prompt
        | ChatOpenAI(model="gpt-4o-mini")
        | StrOutputParser()
    )
