"""The charts of the page, in order.  A new chart is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from reports.material import Material
from reports.plots import latency, run_over_time, throughput
from reports.plots.chart import Chart

CHARTS: tuple[Callable[[Material], Chart | None], ...] = (
    throughput.make_chart,
    latency.make_chart,
    run_over_time.make_chart,
)
