"""The highest throughput in tokens, where answers are streams.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reports.verdict import Saturation, StepSummary


def with_tokens(saturation: Saturation, steps: Sequence[StepSummary]) -> Saturation:
    """The same point, its throughput in tokens a second beside; unchanged when nothing was streamed."""
    streamed = [step for step in steps if step.tokens_per_s and step.throughput_per_s]
    if not streamed or saturation.max_throughput_per_s is None:
        return saturation
    tokens = sum(step.tokens_per_s or 0.0 for step in streamed) / sum(
        step.throughput_per_s or 0.0 for step in streamed
    )
    return msgspec.structs.replace(saturation, max_tokens_per_s=tokens * saturation.max_throughput_per_s)
