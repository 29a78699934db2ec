"""Facts behind findings, in sentences.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reports.attribution.capacity import agrees
from reports.attribution.state import NO_SITE, STATE_WORDS
from reports.causes.bottleneck import Bottleneck, holders_by_function
from reports.causes.places import locate_site, say_location
from reports.causes.resource_words import name_resource
from reports.causes.situation import Situation
from reports.units import format_number, format_ratio, format_seconds, format_users
from reports.verdict import Evidence

MOST_HOLDERS = 3
LEAST_HOLDER_SHARE = 0.05
MOST_STATES = 4


def tell(text: str, source: str = "target") -> Evidence:
    return Evidence(text=text, source=source)


def tell_wait(situation: Situation, found: Bottleneck) -> Evidence:
    """How the wait grew."""
    growth = situation.growth
    assert growth is not None, "a bottleneck is found in a growth"
    return tell(
        f"Waiting for {name_resource(situation, found)} took {format_seconds(found.low_wait_s)} of a request with "
        f"{format_users(growth.low.users)} and {format_seconds(found.high_wait_s)} with "
        f"{format_users(growth.high.users)} (from {growth.low.trace_count} and {growth.high.trace_count} traces)."
    )


def tell_holders(situation: Situation, found: Bottleneck) -> Iterator[Evidence]:
    """Who has the resource meanwhile, and what is done then."""
    holds = found.holds
    if holds is None or holds.held_s <= 0:
        return
    parts = [
        f"{say_location(locate_site(situation, site))} {format_ratio(min(held_s / holds.held_s, 1.0))}"
        for site, held_s in holders_by_function(situation, holds)[:MOST_HOLDERS]
        if held_s >= LEAST_HOLDER_SHARE * holds.held_s
    ]
    by = f", by {', '.join(parts)}" if parts else ", by libraries"
    yield tell(f"Held {format_seconds(found.high_hold_s or holds.held_s)} per request{by}.")
    contents = sorted(holds.contents.items(), key=lambda item: -item[1])[:2]
    words = [
        f"{format_ratio(seconds / holds.held_s)} {STATE_WORDS.get(state.kind, state.kind)}"
        for state, seconds in contents
        if seconds >= LEAST_HOLDER_SHARE * holds.held_s
    ]
    if words and contents[0][0].kind != "thread":
        yield tell(f"While it is held: {', '.join(words)}.")


def tell_law(found: Bottleneck) -> Iterator[Evidence]:
    """How full it was, and the capacity law, where they can be computed."""
    proof = found.proof
    if found.is_full and found.used_ratio is not None:
        yield tell(f"On average {format_ratio(found.used_ratio)} of it was in use.")
    if proof is not None:
        verdict = "agrees" if agrees(proof) else "does not agree"
        yield tell(
            f"{proof.capacity:g} / {format_seconds(proof.hold_s)} = "
            f"{format_number(proof.predicted_per_s)} requests/s predicted; {format_number(proof.measured_per_s)} "
            f"measured: it {verdict}.",
            "model",
        )


def tell_growth(situation: Situation) -> Iterator[Evidence]:
    """What grew most, whatever the cause."""
    growth = situation.growth
    if growth is None or growth.grown_s <= 0:
        return
    parts = []
    for row in growth.rows[:MOST_STATES]:
        if row.share < 0.02:
            continue
        place = locate_site(situation, row.state.site) if row.state.site != NO_SITE else None
        where = f" ({say_location(place)})" if place else ""
        words = STATE_WORDS.get(row.state.kind, row.state.kind)
        parts.append(f"{format_ratio(row.share)} {words}{where}")
    yield tell(
        f"A request took {format_seconds(growth.low.response_s)} with {format_users(growth.low.users)} and "
        f"{format_seconds(growth.high.response_s)} with {format_users(growth.high.users)}; of what was added: "
        f"{'; '.join(parts)}."
    )
