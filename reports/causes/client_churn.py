"""client_churn: clients, TLS contexts or graphs are built for every request, or connections are not used again.

Counts what was built while a request ran, against the time it costs: building a cached client takes a third of a
millisecond and is no fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reports.attribution.breakdown import Breakdown
from reports.attribution.growth import Growth
from reports.causes.bottleneck import measured_rate
from reports.causes.cause import LISTED_SHARE, rate_confidence
from reports.causes.cpu_bound import find_computing
from reports.causes.cpu_users import find_cpu_users
from reports.causes.evidence import tell
from reports.causes.loop_load import read_loop_load
from reports.causes.places import locate_site, say_location
from reports.causes.provider_load import read_provider_load
from reports.causes.situation import Situation
from reports.units import format_count, format_number, format_ratio, format_seconds
from reports.verdict import Evidence, Finding

ID = "client_churn"
KIND = "construct"
EACH_REQUEST = 0.5  # built for every second request or more
COSTLY_S = 0.001  # a request, spent building: a cached client costs a third of it
COSTLY_RATIO = 0.25  # of the CPU that a request takes
KINDS = {
    "create_agent": "an agent",
    "StateGraph": "a graph",
    "langchain_openai": "a model",
    "openai": "a client",
    "httpx": "an HTTP client",
    "aiohttp": "an HTTP client",
    "tls_context": "a TLS context",
    "certificates": "a TLS context",
}
NEW_RATIO = 0.8  # of calls that open a connection of their own
FEWEST_CALLS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What is built per request at one place, at the low step: undisturbed by load."""

    site: int
    name: str  # of the class or function
    seconds: float
    count: float

    @property
    def words(self) -> str:
        kind = next((words for part, words in KINDS.items() if self.name.startswith(part)), None)
        return f"{kind} ({self.name})" if kind else self.name


def find_client_churn(situation: Situation) -> Iterator[Finding]:
    low = min(situation.breakdowns.values(), key=lambda one: one.users, default=None)
    if low is None:
        return
    built = find_building(low)
    reopened = _new_connection_ratio(situation)
    if built is None or (built.seconds < COSTLY_S and reopened is None):
        return
    cpu_ratio = _ratio_of_cpu(situation, built)
    growth = situation.growth
    share = _share_of_growth(situation, growth, cpu_ratio)
    if share is None and reopened is None and (cpu_ratio or 0.0) < COSTLY_RATIO:
        return
    is_limit = share is not None and share >= LISTED_SHARE
    location = locate_site(situation, built.site)
    yield Finding(
        cause=ID,
        role="limit" if is_limit else "defect",
        confidence=rate_confidence(share if is_limit else None, is_proven=reopened is not None or is_limit),
        share_of_growth=share if is_limit else None,
        location=location,
        summary=f"{say_location(location)} builds {built.words} for every request: {format_seconds(built.seconds)} each"
        f"{f', {format_ratio(cpu_ratio)} of the CPU a request takes' if cpu_ratio else ''}.",
        evidence=list(_tell(situation, built)),
        fix=f"Build {built.words} once, at start-up or behind functools.cache, and use it for every request. With "
        "ChatOpenAI give the time-out as a number (timeout=30): httpx.Timeout(…) misses its cache of clients.",
        stack=list(situation.recording.frames(built.site)),
    )


def find_building(low: Breakdown) -> Building | None:
    """What costs most of what is built for every request or so; None when nothing is."""
    seconds: dict[int, float] = defaultdict(float)
    names: dict[int, dict[str, float]] = defaultdict(dict)
    for state, count in low.counts.items():
        if state.kind == KIND and state.site >= 0:
            seconds[state.site] += low.seconds.get(state, 0.0)
            names[state.site][state.resource] = count
    for site in sorted(seconds, key=lambda one: -seconds[one]):
        count = max(names[site].values())
        if count >= EACH_REQUEST:
            return Building(site=site, name=_outermost(names[site]), seconds=seconds[site], count=count)
    return None


def _outermost(counts: dict[str, float]) -> str:
    """The name of what contains the rest: a model builds its client, which builds its TLS context."""
    ranked = (
        "create_agent",
        "StateGraph.compile",
        "langchain_openai.ChatOpenAI",
        "openai.",
        "httpx",
        "aiohttp",
    )
    for part in ranked:
        name = next((name for name in counts if name.startswith(part)), None)
        if name is not None:
            return name
    return max(counts, key=lambda name: counts[name])


def _new_connection_ratio(situation: Situation) -> float | None:
    """Of calls at the lowest step; None when connections are reused, or there were few calls."""
    load = read_provider_load(situation, situation.dataset.steps[0] if situation.dataset.steps else None)
    if load is None or load.attempt_count < FEWEST_CALLS or load.new_connection_ratio is None:
        return None
    return load.new_connection_ratio if load.new_connection_ratio >= NEW_RATIO else None


def _ratio_of_cpu(situation: Situation, built: Building) -> float | None:
    """Of the CPU seconds that a request takes at the low step, those that go into building."""
    load, rate = read_loop_load(situation, situation.low), measured_rate(situation, situation.low)
    if not load.cpu_ratio or not rate:
        return None
    own = min(1.0, built.seconds / (load.cpu_ratio / rate))
    return max(own, _ratio_of_function(situation, built))


def _ratio_of_function(situation: Situation, built: Building) -> float:
    """Of all computing at the high step, what its function does itself: it builds more than is seen, such as tools."""
    users = find_cpu_users(situation, situation.high)
    frames = situation.recording.frames(built.site)
    if not frames or users.total_s <= 0:
        return 0.0
    place = (frames[0].file, frames[0].function)
    own_s = sum(
        used_s
        for site, used_s in users.seconds.items()
        for frame in situation.recording.frames(site)[:1]
        if (frame.file, frame.function) == place
    )
    return own_s / users.total_s


def _share_of_growth(situation: Situation, growth: Growth | None, cpu_ratio: float | None) -> float | None:
    """Building's own growth, and its part of what waiting for the CPU added."""
    if growth is None or not situation.explains_growth:
        return None
    computing = max(find_computing(situation, growth).share, 0.0)
    return min(1.0, growth.share(KIND) + computing * (cpu_ratio or 0.0))


def _tell(situation: Situation, built: Building) -> Iterator[Evidence]:
    yield tell(
        f"{format_number(built.count)} × {built.name} per request, {format_seconds(built.seconds)} together, "
        f"at {say_location(locate_site(situation, built.site))}."
    )
    load = read_provider_load(situation, situation.dataset.steps[0] if situation.dataset.steps else None)
    if load is not None and load.attempt_count:
        is_new = load.new_connection_ratio is not None and load.new_connection_ratio >= NEW_RATIO
        words = "each call opens its own" if is_new else "connections are used again"
        yield tell(
            f"The provider saw {format_count(load.connection_count)} connections for "
            f"{format_count(load.attempt_count)} calls at the lowest step: {words}.",
            "provider",
        )
