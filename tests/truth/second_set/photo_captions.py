"""Captions for press photos; the photo archive speaks HTTP and has a blocking client only."""

import asyncio
import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI


class ArchiveHandler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.35)
        body = json.dumps({"photo": self.path[1:], "people": 3, "place": "harbour"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class ArchiveServer(ThreadingHTTPServer):
    request_queue_size = 128


archive = ArchiveServer(("127.0.0.1", 0), ArchiveHandler)
threading.Thread(target=archive.serve_forever, daemon=True).start()


class Blocking:
    """Base of all clients whose library knows no asyncio."""

    workers = 4

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.pool = ThreadPoolExecutor(cls.workers, thread_name_prefix=cls.__name__.lower())

    async def run(self, function, *args):
        return await asyncio.get_running_loop().run_in_executor(self.pool, function, *args)


class PhotoArchive(Blocking):
    def _get(self, photo):
        connection = http.client.HTTPConnection(*archive.server_address, timeout=20)
        try:
            connection.request("GET", f"/{photo}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    async def describe(self, photo):
        return await self.run(self._get, photo)


photos = PhotoArchive()


async def facts(inputs: dict) -> dict:
    return {"facts": await photos.describe(inputs["photo"])}


prompt = ChatPromptTemplate.from_template("A caption of ten words: {facts}")
captions = RunnableLambda(facts) | prompt | ChatOpenAI(model="gpt-4o-mini")
