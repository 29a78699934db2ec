"""The live control API under /_mock/, and /metrics.  In the provider's process; never on the paths of the API itself.

Requests from web pages are refused: those carry an origin, or a host that is not loopback.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from mock_provider.answer import Answer
from mock_provider.incoming import Head, Incoming
from mock_provider.judgement import judge_client
from mock_provider.metrics import write_metrics
from mock_provider.openai_errors import error_answer
from mock_provider.plan import PlanError, check_plan, override_plan

if TYPE_CHECKING:
    from mock_provider.server import Server

LEDGER_LIMIT = 1000
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Control:
    """Answers at once, outside plan, ledger and counters."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._actions = {
            ("GET", "/_mock/plan"): self._read_plan,
            ("PATCH", "/_mock/plan"): self._change_plan,
            ("PUT", "/_mock/plan"): self._replace_plan,
            ("GET", "/_mock/ledger"): self._read_ledger,
            ("GET", "/_mock/stats"): self._read_stats,
            ("GET", "/_mock/client"): self._judge_client,
            ("POST", "/_mock/reset"): self._reset,
            ("GET", "/metrics"): self._read_metrics,
        }

    def concerns(self, incoming: Incoming) -> bool:
        """Whether a request is for here."""
        path = incoming.head.path
        return path.startswith("/_mock/") or path == "/metrics"

    def answer(self, incoming: Incoming) -> Answer:
        head = incoming.head
        if not _is_local(head):
            return _refuse(403, "The control API answers programs on this machine only, not web pages.")
        action = self._actions.get((head.method, head.path))
        if action is None:
            known = ", ".join(f"{method} {path}" for method, path in self._actions)
            return _refuse(404, f"{head.method} {head.path} does not exist; there are {known}.")
        try:
            return action(incoming)
        except PlanError as error:
            return _refuse(400, str(error), code="invalid_plan")
        except ValueError as error:  # bad JSON, a limit that is no number
            return _refuse(400, f"{error}")

    def _read_plan(self, incoming: Incoming) -> Answer:
        return _json(self._server.engine.plan.model_dump())

    def _change_plan(self, incoming: Incoming) -> Answer:
        """Body: part of a plan, laid over the present one (null takes a key back), or {"set": ["dotted.key=value"]}."""
        change = _object(incoming.body)
        plan = self._server.engine.plan
        if set(change) == {"set"} and isinstance(change["set"], list):
            self._server.change_plan(override_plan(plan, [str(item) for item in change["set"]]))
        else:
            self._server.change_plan(check_plan(_merge(plan.model_dump(exclude_unset=True), change)))
        return self._read_plan(incoming)

    def _replace_plan(self, incoming: Incoming) -> Answer:
        self._server.change_plan(check_plan(_object(incoming.body)))
        return self._read_plan(incoming)

    def _read_ledger(self, incoming: Incoming) -> Answer:
        """The latest attempts, oldest first; ?limit=N of them, ?after=ORDINAL only later ones."""
        query = parse_qs(incoming.head.target.partition(b"?")[2].decode("latin-1"))
        limit = max(0, min(LEDGER_LIMIT, int(query.get("limit", ["100"])[0])))
        self._server.write_down()
        recent = self._server.ledger.recent
        if "after" in query:
            after = int(query["after"][0])
            later = (attempt for attempt in recent if attempt.ordinal > after)
            attempts = list(itertools.islice(later, limit))
        else:
            attempts = list(itertools.islice(recent, max(0, len(recent) - limit), None))
        return _json({"attempts": attempts})

    def _read_stats(self, incoming: Incoming) -> Answer:
        return _json(self._server.snapshot())

    def _judge_client(self, incoming: Incoming) -> Answer:
        self._server.write_down()
        return _json(judge_client(self._server.ledger.recent))

    def _reset(self, incoming: Incoming) -> Answer:
        self._server.reset()
        return _json({"reset": True})

    def _read_metrics(self, incoming: Incoming) -> Answer:
        text = write_metrics(self._server.statistics, self._server.snapshot())
        return Answer(content_type="text/plain; version=0.0.4; charset=utf-8", pieces=[text.encode()])


def _is_local(head: Head) -> bool:
    host = (head.get("host") or "127.0.0.1").lower()
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return head.get("origin") is None and name in _LOOPBACK


def _object(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body or b"{}", type=dict[str, Any])


def _merge(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396)."""
    merged = dict(base)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            below = merged.get(key)
            merged[key] = _merge(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _json(value: Any) -> Answer:
    return Answer(pieces=[msgspec.json.encode(value)])


def _refuse(status: int, message: str, code: str | None = None) -> Answer:
    return error_answer(status, message, "invalid_request_error", code=code)
