"""Decides the fate of each request.  Pure: time is an argument, nothing is sent here.

In order: limits (429), a slot (or the queue, or 503), then the service time, then the rules of the plan.
Both faces of the provider use it: the server and the respx router.
"""

from __future__ import annotations

import msgspec

from mock_provider.answer import Answer, plain_answer, stream_answer, unpaced_stream
from mock_provider.capacity import Slots
from mock_provider.conditions import Condition, Facts
from mock_provider.drafts import Draft, Drafts
from mock_provider.faults import Fault
from mock_provider.incoming import Incoming
from mock_provider.latency import ServiceTime
from mock_provider.latest import Latest
from mock_provider.limits import Limiter, Refusal, retry_headers
from mock_provider.openai_errors import error_answer, usual_error
from mock_provider.plan import PlanError, override_plan, split_overrides
from mock_provider.plan_schema import Plan
from mock_provider.replies import Memory, Script

MOST_STEERED = 256  # different steering headers kept ready
STEERABLE = ("latency", "faults", "reply")


class Behaviour:
    """The part of a plan that can differ from request to request, ready for use."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.script = Script(**(plan.reply.model_dump() | {"models": tuple(plan.reply.models)}))
        self.drafts = Drafts()
        self.service_time = ServiceTime(plan.latency, seed=plan.seed)
        self.rules = [
            (fault, name, Condition(fault.when, seed=plan.seed, rule=name))
            for fault, name in zip(plan.faults, plan.rule_names, strict=True)
            if fault.needs != "nothing"
        ]

    def find_rules(self, facts: Facts, since_start_s: float) -> list[tuple[Fault, str]]:
        """The rules that meet the request: all that change timing, and the first that decides the answer."""
        sort = "stream" if facts.stream else "plain"
        met: list[tuple[Fault, str]] = []
        decided = False
        for fault, name, condition in self.rules:
            if fault.needs not in ("any", sort) or not condition.holds(facts, since_start_s):
                continue
            if fault.decides and decided:
                continue
            decided = decided or fault.decides
            met.append((fault, name))
        return met


class Request(msgspec.Struct, kw_only=True, eq=False):
    """A request that makes sense, and what its answer will say.  The limiter's `Claim`."""

    ordinal: int
    in_flight: int
    incoming: Incoming
    draft: Draft
    behaviour: Behaviour

    @property
    def key(self) -> str:
        return self.incoming.head.api_key

    @property
    def model(self) -> str:
        return self.draft.reply.model

    @property
    def requested_tokens(self) -> int:
        return self.draft.requested_tokens

    def facts(self) -> Facts:
        """For rules and service times that look at the request."""
        draft, reply = self.draft, self.draft.reply
        return Facts(
            ordinal=self.ordinal,
            endpoint=draft.endpoint,
            in_flight=self.in_flight,
            model=reply.model,
            key=self.key,
            stream=draft.is_stream,
            retry_count=self.incoming.head.retry_count,
            headers=self.incoming.head,
            prompt=reply.prompt_text,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            requested_tokens=draft.requested_tokens,
            body_hash=draft.body_hash,
        )


class Engine:
    """One plan at work.  ``start_s`` is the moment its windows count from."""

    def __init__(self, plan: Plan, *, start_s: float) -> None:
        self.start_s = start_s
        self.slots = Slots(plan.capacity)
        self.memory = Memory()  # of responses, for those that build on them
        self._use(plan)

    def _use(self, plan: Plan) -> None:
        self.plan = plan
        self.keys = plan.access.keys
        self.behaviour = Behaviour(plan)
        self.limiter = Limiter(plan.limits)
        self._steered = Latest[str, Behaviour](MOST_STEERED)

    def change(self, plan: Plan) -> None:
        """Another plan from now on.  Buckets and counts of rules begin anew; what is being served goes on."""
        self._use(plan)
        self.slots.change(plan.capacity)

    def restart(self, now_s: float) -> None:
        """Forget all requests so far."""
        self.start_s = now_s
        self.memory.clear()
        self._use(self.plan)

    def steer(self, text: str | None) -> Behaviour:
        """The behaviour that a request asks for itself, "latency.mean_s=1; faults=[…]".  Raises PlanError."""
        if not text:
            return self.behaviour
        steered = self._steered.get(text)
        if steered is None:
            overrides = split_overrides(text)
            other = [part for part in overrides if not part.replace("=", ".").strip().startswith(STEERABLE)]
            if other:
                raise PlanError(
                    [f"{part!r} cannot be set for one request; {STEERABLE} can" for part in other]
                )
            steered = Behaviour(override_plan(self.plan, overrides))
            self._steered.remember(text, steered)
        return steered

    def refuse_full(self) -> Refusal:
        """The answer when neither slot nor place in the queue is free."""
        capacity = self.plan.capacity
        message, kind, code = usual_error(503, "overloaded")
        answer = error_answer(capacity.when_full, message, kind, code=code)
        if capacity.retry_after_s is not None:
            answer.headers = retry_headers(capacity.retry_after_s)
        return Refusal(answer=answer, outcome="overloaded")

    def answer(self, request: Request, now_s: float) -> Answer:
        """The answer with its timing, counted from the start of service, and with the faults that meet it."""
        draft, behaviour = request.draft, request.behaviour
        service_time = behaviour.service_time
        first_s, gap_s = 0.0, 0.0
        if draft.is_unpaced:
            pass
        elif service_time.constant_s is not None:
            first_s = service_time.constant_s * self.slots.load_factor()
        else:
            first_s, gap_s = service_time.of(
                request.facts(), since_start_s=now_s - self.start_s, load_factor=self.slots.load_factor()
            )
        if not draft.is_stream:
            answer = plain_answer(draft.body(request.ordinal), first_s=first_s)
        elif not gap_s and not behaviour.rules:
            answer = unpaced_stream(draft.whole_stream(request.ordinal), first_s=first_s)
        else:
            answer = stream_answer(
                draft.events(request.ordinal),
                first_token=draft.reply.first_token_index,
                tokens=draft.reply.token_count,
                first_s=first_s,
                gap_s=gap_s,
            )
        if behaviour.rules:
            apply_rules(answer, behaviour.find_rules(request.facts(), now_s - self.start_s))
        answer.service_s = answer.total_s if answer.gap_s else answer.first_s
        return answer


def apply_rules(answer: Answer, met: list[tuple[Fault, str]]) -> None:
    """Let the rules that meet a request change its answer.

    Timing is added last: a status that decides the answer sets its own time first.
    """
    if not met:
        return
    for fault, _ in sorted(met, key=lambda pair: not pair[0].decides):
        fault.apply(answer)
    fault, answer.rule = next((pair for pair in met if pair[0].decides), met[0])
    answer.fault, answer.is_decided = fault.kind, fault.decides
