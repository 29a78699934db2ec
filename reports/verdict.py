"""The answer of a run, as it is written to verdict.json.  Records only; public, versioned by ``schema``.

Who fills them: ``reports.analysis``.  Who shows them: terminal, page, gate; all with the words of ``reports.words``.
Times are seconds, missing values are null, never 0.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from harness.records import Frame

VERDICT_SCHEMA = 1

SaturationStatus = Literal["saturated", "saturated_from_first_step", "not_reached", "undecided"]
Role = Literal["limit", "defect"]
Confidence = Literal["high", "medium", "low"]


class Saturation(msgspec.Struct, frozen=True, kw_only=True):
    """Where throughput stops growing: users = max_throughput_per_s x response time of one user alone."""

    status: SaturationStatus
    users: float | None  # posterior median; None unless saturated
    interval: tuple[float, float] | None  # 95 %; when not reached: None
    max_throughput_per_s: float | None  # the plateau; when not reached, the highest measured
    safe_users: int | None  # largest tested step with efficiency of at least 0.8
    next_step: int | None  # users of the step that would tell most; None when the answer is tight
    reason: str | None = None  # why undecided, in words
    lower_bound_users: float | None = None  # not_reached: saturation lies above this
    base_response_s: float | None = None  # R_0, response time without contention
    max_tokens_per_s: float | None = (
        None  # streaming: max_throughput_per_s in tokens; None: nothing was streamed
    )
    probability: float | None = None  # that it saturates within the tested range
    # capacity: by the first limit's proof, the steps alone left it open; arrivals: by Little's law, from rates
    basis: Literal["steps", "capacity", "arrivals"] = "steps"
    chi2_per_dof: float | None = None  # of the best curve; beyond chance (1 in 1000) nothing is claimed


class StepSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one step measured, warm-up cut off.  ``steps`` of verdict.json."""

    index: int  # in the order they were run, from 0
    users: int
    hold_s: float  # as measured, warm-up included
    warmup_s: float  # cut off its beginning
    window_s: float  # what remains: the statistics below are of this window
    sample_count: int  # requests that ended in the window
    ok_count: int
    error_count: int  # errors and time-outs
    censored_count: int  # in flight when the step ended
    throughput_per_s: (
        float | None
    )  # good completions a second, those across an edge in part; None: nothing ended well
    throughput_se_per_s: float | None  # its standard error, from batch means and the spread of response times
    response_mean_s: float | None  # of good completions, as are the percentiles
    response_p50_s: float | None
    response_p95_s: float | None
    response_p99_s: float | None
    error_ratio: float | None  # of ended requests; None when none ended
    efficiency: float | None  # throughput x base response time / users; 1 is perfect scaling
    is_steady: bool | None  # None: too short to tell
    purpose: str = "ladder"  # why it was run: ladder, refinement, evidence, repeat, open_loop, pair
    arrivals_per_s: float | None = None  # open loop: requests that came a second; None: closed loop
    errors: dict[str, int] = {}  # message -> count, most frequent first, at most 10
    first_token_p50_s: float | None = None  # streaming
    first_token_p95_s: float | None = None
    token_gap_p50_s: float | None = None  # between tokens, the median stream's median
    token_gap_max_p95_s: float | None = None  # the longest gap of a stream, of 95 in 100 streams no longer
    tokens_per_s: float | None = None  # of good answers, of all streams together
    rate_limited_count: int | None = None  # 429s the provider sent in the step; None: no provider ledger
    attempts_per_request: float | None = None  # provider calls per request that was sent
    generator_cpu_ratio: float | None = None
    generator_lag_s: float | None = None
    states: dict[str, float] | None = (
        None  # mean seconds of a traced request in each state, see reports.states
    )
    traced_count: int | None = None  # traces the states are from
    traced_response_s: float | None = None  # mean response time of those; the states sum to it
    slow_states: dict[str, float] | None = None  # the same for the slowest twentieth; None: too few traces
    slow_response_s: float | None = None
    calls: dict[str, int] | None = None  # provider calls by how they ended; None: no provider ledger
    retry_count: int | None = None  # provider calls that were a second try, or a later one


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One fact behind a finding, with what it was measured from."""

    text: str  # a sentence with its numbers
    source: str  # target, provider, load, model


class Location(msgspec.Struct, frozen=True, kw_only=True):
    file: str
    line: int
    function: str | None = None
    code: str | None = None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The capacity law: capacity / hold time predicts the highest throughput."""

    capacity: float
    hold_s: float
    predicted_per_s: float
    measured_per_s: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One cause, what supports it and what to do."""

    cause: str  # id, see reports.causes
    role: Role
    confidence: Confidence
    share_of_growth: float | None  # of the added response time; None when nothing grew or it cannot be told
    location: Location | None
    summary: str  # one or two sentences for the verdict block
    evidence: list[Evidence]
    fix: str
    proof: Proof | None = None
    stack: list[Frame] = []


class StateGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """How much one state, at one place in code, takes of a request at two steps."""

    state: str  # see reports.states
    location: Location | None  # None: not in the user's code
    resource: str | None  # what is waited for or used, in words
    low_s: float
    high_s: float
    share: float | None  # of the growth; all shares sum to 1; None: too little grew to be shared out
    explained_share: float | None  # the same, after a wait was traced to what lengthened the holds behind it

    @property
    def grown_s(self) -> float:
        return self.high_s - self.low_s


class ResponseGrowth(msgspec.Struct, frozen=True, kw_only=True):
    """What was added to a traced request from one step to another; the rows sum to it."""

    low_users: int
    high_users: int
    low_response_s: float
    high_response_s: float
    rows: list[StateGrowth]  # largest first

    @property
    def grown_s(self) -> float:
        return self.high_response_s - self.low_response_s


class ResourceLoad(msgspec.Struct, frozen=True, kw_only=True):
    """How full a resource was during one step."""

    step: int
    users: int
    use_ratio: float  # of its capacity, mean over the window; 1 is full
    waiting: float | None = None  # for it at a time, mean; None: not counted


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Something that there is a limited amount of."""

    id: str  # "loop", "cpu", "executor:default" …
    name: str
    capacity: float | None  # None where the use is measured as a ratio
    loads: list[ResourceLoad]
    location: Location | None = None  # where it was made


class RunnableLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the chain during one step of the ladder."""

    step: int
    users: int
    mean_s: float  # of one call, what it calls included
    calls_per_request: float


class RunnableTimes(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the chain: a model, tool, retriever, prompt, parser, node."""

    name: str
    kind: str
    depth: int  # how many others it runs inside
    loads: list[RunnableLoad]


class ArrivalStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step in which requests arrived by the clock, warm-up cut off; times count from the due time."""

    index: int  # of the step in the run
    arrivals_per_s: float  # as ordered
    window_s: float
    due_count: int  # requests that were due in the window
    failed_count: int  # of those, answered with an error or too late
    unanswered_count: int  # of those, cut off, or never sent because every user was busy
    late_count: int  # of those, sent late, or never
    throughput_per_s: float | None  # good answers a second
    in_flight: float  # due and not answered, at a time
    response_mean_s: float | None  # of good answers
    response_p50_s: float | None  # None: among those never answered
    response_p95_s: float | None
    response_p99_s: float | None
    is_sustained: (
        bool | None
    )  # as much was answered as arrived, and no later with time; None: too few to tell


class OpenLoop(msgspec.Struct, frozen=True, kw_only=True):
    """What traffic sees that does not wait for answers."""

    steps: list[ArrivalStep]
    compared_index: int | None  # of the closed-loop step with the fewest users that carries the last rate


class ProbeOverhead(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes cost the chain: slices of load with and without them, after the last step."""

    ratio: float | None = (
        None  # CPU of the target per request, how much more with them: 0.01 is 1 %; None: see reason
    )
    interval: tuple[float, float] | None = None  # 95 %
    cpu_s: float | None = None  # CPU of the target per request, without them
    busy_ratio: float | None = None  # CPU of the target per second, without them
    throughput_ratio: float | None = None  # good answers a second, how many more with them
    throughput_interval: tuple[float, float] | None = None
    users: int | None = None
    pair_count: int = 0
    answer_count: int = 0
    reason: str | None = None  # why it was not measured


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the measurement itself can be believed; a part in words says what is wrong, or None."""

    load_generator: str | None = None
    probe_overhead: ProbeOverhead | None = None  # None: not compared
    mock: str | None = None
    target: str | None = None  # restarts, undrained steps
    notices: list[str] = []


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """verdict.json."""

    schema: int = VERDICT_SCHEMA
    run: dict[str, Any]  # name, target, mode, started, duration_s, completed, versions …
    saturation: Saturation
    findings: list[Finding]  # ordered; the first with role limit explains the saturation point
    steps: list[StepSummary]  # by users; those of equal users in the order they were run
    health: Health
    open_loop: OpenLoop | None = None  # None: no requests came by the clock
    growth: ResponseGrowth | None = None  # None: fewer than two steps were traced
    resources: list[Resource] = []  # the first to be full comes first
    runnables: list[RunnableTimes] = []  # in the order they begin in
