"""The verdict with the numbers that charts and tables show: states, growth, resources, steps of the chain.  Pure."""

from __future__ import annotations

import dataclasses

import msgspec

from reports.analysis import Analysis
from reports.growth_table import make_growth, with_states
from reports.provider_use import count_calls
from reports.resources import list_resources
from reports.runnables import list_runnables


def with_details(analysis: Analysis) -> Analysis:
    """The same answer, told in full."""
    situation, verdict = analysis.situation, analysis.verdict
    steps = count_calls(analysis.dataset, with_states(verdict.steps, situation.breakdowns))
    detailed = msgspec.structs.replace(
        verdict,
        steps=steps,
        growth=make_growth(situation),
        resources=list_resources(situation),
        runnables=list_runnables(situation),
    )
    return dataclasses.replace(analysis, verdict=detailed)
