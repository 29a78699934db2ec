"""Live captions: the answer is spelled out to the studio's caption encoder while it is written."""

import socket
import socketserver
import threading
import time

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

FRAME_S = 0.012


class Encoder(socketserver.StreamRequestHandler):
    """The studio's encoder: takes a line and acknowledges it with the next frame."""

    def handle(self):
        for _ in self.rfile:
            time.sleep(FRAME_S)
            self.wfile.write(b"ok\n")


class Studio(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


studio = Studio(("127.0.0.1", 0), Encoder)
threading.Thread(target=studio.serve_forever, daemon=True).start()


class EncoderLink(threading.local):
    def __init__(self):
        self.socket = socket.create_connection(studio.server_address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def put(self, words):
        self.socket.sendall(words.replace("\n", " ").encode() + b"\n")
        return self.socket.recv(16)


class Captions(BaseCallbackHandler):
    def __init__(self, link):
        self.link = link

    def on_llm_new_token(self, token, **kwargs):
        if token:
            self.link.put(token)


model = ChatOpenAI(model="gpt-4o-mini", streaming=True, callbacks=[Captions(EncoderLink())])
captions = ChatPromptTemplate.from_template("Explain to the audience: {news}") | model | StrOutputParser()
