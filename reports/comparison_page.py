"""A comparison as one HTML file, in the manner of the report.  Pure: the same comparison gives the same bytes."""

from __future__ import annotations

from markupsafe import Markup

from reports.comparison import Comparison
from reports.comparison_words import (
    list_warnings,
    make_difference_table,
    make_overview,
    make_pair_table,
    say_cause_change,
    say_comparison,
    say_state_change,
)
from reports.page import TEMPLATES, make_jinja_environment, show_chart
from reports.plots.comparison import list_charts


def render_comparison(comparison: Comparison) -> str:
    """The whole file."""
    said = [say_cause_change(comparison), say_state_change(comparison)]
    tables = [make_pair_table(comparison), make_difference_table(comparison)]
    return (
        make_jinja_environment()
        .get_template("compare.html")
        .render(
            style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
            answer=say_comparison(comparison),
            tone=comparison.users,
            sentences=[sentence for sentence in said if sentence],
            warnings=list_warnings(comparison),
            overview=make_overview(comparison),
            charts=[show_chart(chart) for chart in list_charts(comparison)],
            tables=[table for table in tables if table.rows],
        )
    )
