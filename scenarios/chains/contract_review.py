"""Reviews a contract clause by clause, in threads.  The clauses of `broken` queue behind the threads that wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

THREADS = 6
CLAUSES = ("term and termination", "liability")


class Reviewer:
    """Two kinds of work: whole contracts, and the clauses that each of them waits for."""

    def __init__(self, contracts: ThreadPoolExecutor, clauses: ThreadPoolExecutor) -> None:
        self._contracts = contracts
        self._clauses = clauses
        self._model = ChatOpenAI(model="gpt-4o", temperature=0)

    def review_clause(self, clause: str, contract: str) -> str:
        return str(
            self._model.invoke(f"What is unusual about {clause} in this contract?\n\n{contract}").content
        )

    def review_contract(self, contract: str) -> str:
        parts = [self._clauses.submit(self.review_clause, clause, contract) for clause in CLAUSES]
        return "\n\n".join(part.result() for part in parts)

    async def review(self, contract: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(
            self._contracts, self.review_contract, contract
        )


def make_broken() -> Runnable[Any, Any]:
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="review")
    return RunnableLambda(Reviewer(pool, pool).review)


def make_fixed() -> Runnable[Any, Any]:
    """Clauses have threads of their own, so whoever waits for them cannot be in their way."""
    contracts = ThreadPoolExecutor(20, thread_name_prefix="contracts")
    clauses = ThreadPoolExecutor(40, thread_name_prefix="clauses")
    return RunnableLambda(Reviewer(contracts, clauses).review)


broken = make_broken
fixed = make_fixed
