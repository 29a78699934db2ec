"""Insurance claims: photos are read by a licensed OCR engine (two licences), then summarised."""

import asyncio
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

LICENCES = 2
PAGE_S = 0.15


@dataclass
class Job:
    photo: str
    done: "Future[str]" = field(default_factory=Future)


class OcrService:
    def __init__(self, engines: int) -> None:
        self.jobs: queue.Queue[Job] = queue.Queue()
        for number in range(engines):
            threading.Thread(target=self._serve, name=f"ocr-{number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            job = self.jobs.get()
            try:
                job.done.set_result(self._read(job.photo))
            except Exception as error:
                job.done.set_exception(error)
            finally:
                self.jobs.task_done()

    def _read(self, photo: str) -> str:
        time.sleep(PAGE_S)
        return f"[text of {photo[:40]}]"

    def submit(self, photo: str) -> "Future[str]":
        job = Job(photo)
        self.jobs.put(job)
        return job.done


service = OcrService(LICENCES)


async def read_photo(inputs: dict[str, str]) -> str:
    return await asyncio.wrap_future(service.submit(inputs["photo"]))


prompt = ChatPromptTemplate.from_template("Damage report for claim {claim}.\nPhoto says: {page}\nSummarise.")
claims = (
    RunnablePassthrough.assign(page=RunnableLambda(read_photo))
    | prompt
    | ChatOpenAI(model="gpt-4o-mini", timeout=30)
    | StrOutputParser()
)
