"""A real target process for each test, and a provider of a few lines that notes what it was asked."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from harness.children import Child, Ready
from harness.errors import TargetError
from harness.records import Event, Invocation
from harness.run_directory import RunDirectory, RunInfo, read_jsonl
from harness.settings import RunSettings
from harness.target_environment import target_environment
from harness.tracing import SEQUENCE_HEADER, STEP_HEADER, USER_HEADER, make_traceparent, new_trace_id

READY_S = 60.0


class Provider:
    """Answers chat completions at once; hangs when asked to ``hang``."""

    def __init__(self) -> None:
        self.traceparents: list[str | None] = []
        self.prompts: list[str] = []
        self.let_go = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                provider.traceparents.append(self.headers["traceparent"])
                prompt = str(body["messages"][-1]["content"])
                provider.prompts.append(prompt)
                if prompt == "hang":
                    provider.let_go.wait(30)
                data = json.dumps(provider.reply(prompt)).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):  # whoever hung up
                    self.wfile.write(data)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def reply(self, prompt: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": f"echo: {prompt}"}
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }

    def close(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


class Target:
    """A target process that serves, or says why not."""

    def __init__(self, folder: Path, provider: Provider, settings: RunSettings) -> None:
        self.directory = RunDirectory.create(folder / "run")
        self.directory.write_info(RunInfo(settings=settings, started_wall="", started_s=time.monotonic()))
        environment = target_environment(os.environ, mock_port=provider.port, settings=settings)
        self.child = Child(
            "target",
            [sys.executable, "-P", "-m", "harness.target", str(self.directory.path)],
            ready_file=folder / "ready.json",
            log_file=folder / "target.log",
            environment=environment,
        )
        self.ready: Ready | None = None
        self.client: httpx.Client | None = None

    def wait(self) -> Target:
        self.ready = self.child.wait_until_ready(READY_S, error=TargetError)
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.ready.port}", timeout=30, trust_env=False
        )
        return self

    def post(
        self,
        path: str,
        content: Any = None,
        *,
        user: int | None = None,
        sequence: int = 0,
        step: int = 0,
        trace_id: str | None = None,
        timeout: float = 30,
    ) -> httpx.Response:
        headers = {"traceparent": make_traceparent(trace_id or new_trace_id())}
        if user is not None:
            headers |= {USER_HEADER: str(user), SEQUENCE_HEADER: str(sequence), STEP_HEADER: str(step)}
        assert self.client is not None
        return self.client.post(
            path, json=content if content is not None else {}, headers=headers, timeout=timeout
        )

    def get(self, path: str) -> httpx.Response:
        assert self.client is not None
        return self.client.get(path)

    def status(self) -> dict[str, Any]:
        return dict(self.get("/-/chainload/status").json())

    def cancel(self, wait_s: float = 2) -> dict[str, Any]:
        return dict(self.post(f"/-/chainload/cancel?wait_s={wait_s}").json())

    def invocations(self) -> list[Invocation]:
        """All so far; asking for the status first would not flush, cancelling nothing does."""
        self.cancel(0)
        return list(read_jsonl(self.directory.file("invocations.jsonl"), Invocation))

    def recorded(self) -> list[Invocation]:
        """What is on disk now."""
        return list(read_jsonl(self.directory.file("invocations.jsonl"), Invocation))

    def events(self, kind: str) -> list[Event]:
        events = read_jsonl(self.directory.file("target_events.jsonl"), Event)
        return [event for event in events if event.kind == kind]

    def log(self) -> str:
        return self.child.log_file.read_text()

    def close(self) -> None:
        if self.client is not None:
            self.client.close()
        self.child.stop()


StartTarget = Callable[..., Target]


def eventually(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    """Whether it becomes true in time; the bound only ends a failing test."""
    until_s = time.monotonic() + timeout_s
    while time.monotonic() < until_s:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
