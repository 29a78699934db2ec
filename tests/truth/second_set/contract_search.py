"""Answers from contracts that are stored as text and searched by a command-line indexer."""

import subprocess
import tempfile
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_openai import ChatOpenAI

STORE = Path(tempfile.mkdtemp(prefix="contracts-"))
for number in range(20):
    (STORE / f"{number:03}.txt").write_text(
        f"Contract {number}: notice of {number % 6 + 1} months, payment within 30 days.\n"
    )

INDEXER = 'sleep 0.06; cat "$1"/*.txt | head -n "$2"'


class Command:
    def __init__(self, script):
        self.script = script

    def lines(self, *arguments):
        done = subprocess.run(
            ["sh", "-c", self.script, "indexer", *map(str, arguments)],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()


class FolderRetriever(BaseRetriever):
    folder: Path
    k: int = 4

    def _search(self, query):
        return [Document(page_content=line) for line in Command(INDEXER).lines(self.folder, self.k)]

    def _get_relevant_documents(self, query, *, run_manager):
        return self._search(query)

    async def _aget_relevant_documents(self, query, *, run_manager):
        return self._search(query)


def joined(documents):
    return "\n".join(d.page_content for d in documents)


prompt = ChatPromptTemplate.from_template("Contracts:\n{context}\n\nQuestion: {question}")
chain = (
    {"context": FolderRetriever(folder=STORE) | joined, "question": RunnablePassthrough()}
    | prompt
    | ChatOpenAI(model="gpt-4o-mini")
    | StrOutputParser()
)
