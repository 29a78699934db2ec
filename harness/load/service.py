"""Where requests go and what they look like.  Pure: opens no connection."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from harness.load.scenario import NOT_GIVEN
from harness.placeholders import Fill, fill_placeholders, fill_text
from harness.settings import Mode, RunSettings

ServiceKind = Literal["runnable", "asgi", "url"]
RUNNABLE_PATHS: dict[Mode, str] = {
    "ainvoke": "/invoke",
    "invoke": "/invoke",
    "astream": "/stream",
    "abatch": "/batch",
}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP service on this machine."""

    host: str
    port: int
    kind: ServiceKind
    is_tls: bool = False
    base_path: str = ""  # of a URL target, without a slash at its end

    @property
    def base_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}{self.base_path}"

    @property
    def is_controlled(self) -> bool:
        """Whether it is a target of ours, which can be asked for its status."""
        return self.kind != "url"


def service_of_url(url: str) -> Service:
    """The service behind a URL that has been checked to be on this machine."""
    parts = urlsplit(url)
    is_tls = parts.scheme == "https"
    return Service(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or (443 if is_tls else 80),
        kind="url",
        is_tls=is_tls,
        base_path=parts.path.rstrip("/"),
    )


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, ready to send."""

    method: str
    path: str
    name: str  # groups requests in Locust's statistics: the path, placeholders unfilled
    content_type: str | None
    body: bytes
    is_streamed: bool  # measure when its parts arrive


def make_request(
    settings: RunSettings, service: Service, fill: Fill, *, value: Any = NOT_GIVEN, stream: bool | None = None
) -> Request:
    """What a user sends.

    value: the input, from a scenario's own task; without it a Runnable's target supplies the input, and a service gets
    the body of the settings.  stream: None takes the mode of the settings.
    """
    is_streamed = settings.mode == "astream" if stream is None else stream
    if service.kind == "runnable":
        path = RUNNABLE_PATHS["astream" if is_streamed else _unstreamed(settings.mode)]
        key = "inputs" if path == RUNNABLE_PATHS["abatch"] else "input"
        content = {} if value is NOT_GIVEN else {key: fill_placeholders(value, fill)}
        return Request(
            method="POST",
            path=path,
            name=path,
            content_type="application/json",
            body=msgspec.json.encode(content),
            is_streamed=is_streamed,
        )
    path = _join(service.base_path, settings.path)
    body, content_type = _body(settings, fill, value)
    return Request(
        method=settings.method.upper(),
        path=fill_text(path, fill),
        name=path,
        content_type=content_type,
        body=body,
        is_streamed=is_streamed,
    )


def _unstreamed(mode: Mode) -> Mode:
    return "ainvoke" if mode == "astream" else mode


def _join(base_path: str, path: str) -> str:
    """The URL's own path when no other is given."""
    return base_path if base_path and path == "/" else base_path + path


def _body(settings: RunSettings, fill: Fill, value: Any) -> tuple[bytes, str | None]:
    if value is not NOT_GIVEN:
        return msgspec.json.encode(fill_placeholders(value, fill)), "application/json"
    text = settings.body if settings.body is not None else settings.input_json
    if text is None:
        return b"", None
    filled = fill_text(text, fill)
    return filled.encode(), "application/json" if _is_json(filled) else "text/plain; charset=utf-8"


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True
