"""The charts of the page, in order.  A new chart is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from reports.material import Material
from reports.plots import (
    distribution,
    efficiency,
    errors,
    growth,
    latency,
    resources,
    run_over_time,
    runnables,
    streaming,
    throughput,
    time_states,
    waterfall,
)
from reports.plots.chart import Chart

CHARTS: tuple[Callable[[Material], Chart | None], ...] = (
    throughput.make_chart,
    latency.make_chart,
    streaming.make_chart,
    time_states.make_chart,
    growth.make_chart,
    resources.make_chart,
    runnables.make_chart,
    efficiency.make_chart,
    run_over_time.make_chart,
    distribution.make_chart,
    waterfall.make_chart,
    errors.make_chart,
)
