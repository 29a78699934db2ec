"""The report as one HTML file.  Pure: the same material gives the same bytes.

No script, no request: the page says so to the browser, too.  Every text is cleaned and escaped on its way into a
template; only charts and the style sheet go in as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import units
from reports.environment import make_environment_table, make_settings_table, say_started
from reports.finding_words import say_no_finding, tell_findings
from reports.gate.words import list_open, make_gate_table, say_gate, say_result, say_result_place
from reports.key_numbers import list_key_numbers
from reports.material import Material
from reports.next_command import make_next_command
from reports.open_loop_words import make_open_loop_table, say_open_loop
from reports.plain_text import clean_text, one_line, split_code
from reports.plots.catalogue import CHARTS
from reports.plots.chart import Chart, draw_chart
from reports.probe_overhead import say_probe_overhead
from reports.states import STATE_COLOURS, UNKNOWN
from reports.step_table import make_error_table, make_step_table
from reports.time_table import make_time_table
from reports.words import (
    list_health_warnings,
    say_answer,
    say_answer_rest,
    say_next_step,
    say_verdict,
    tone_of,
)

TEMPLATES = Path(__file__).parent / "templates"
FIRST_CHARTS = ("throughput", "latency")  # stand beside the verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page: ``template`` is shown with what ``build`` gives, or left out when that is None."""

    name: str
    heading: str
    build: Callable[[Material], Any]

    @property
    def template(self) -> str:
        return f"section_{self.name}.html"


def _build_findings(material: Material) -> Any:
    return tell_findings(material.verdict)[1:] or None


def _build_stuck(material: Material) -> Any:
    return list(material.stuck) or None


def _build_errors(material: Material) -> Any:
    table = make_error_table(material.verdict.steps)
    return table if table.rows else None


def _build_steps(material: Material) -> Any:
    return make_step_table(material.verdict.steps) if material.verdict.steps else None


def _build_open_loop(material: Material) -> Any:
    open_loop = material.verdict.open_loop
    if open_loop is None:
        return None
    return {"sentences": say_open_loop(material.verdict), "table": make_open_loop_table(open_loop)}


def _build_environment(material: Material) -> Any:
    return [make_settings_table(material.info), make_environment_table(material.info)]


def _build_method(material: Material) -> Any:
    verdict = material.verdict
    return {
        "saturation": verdict.saturation,
        "probe_gaps": material.probe_gaps,
        "probe_overhead": say_probe_overhead(verdict.health.probe_overhead),
    }


def _build_gate(material: Material) -> Any:
    gate = material.gate
    if gate is None:
        return None
    reasons = [(say_result(result), say_result_place(result)) for result in list_open(gate)]
    return {"answer": say_gate(gate), "reasons": reasons, "table": make_gate_table(gate)}


# Between the verdict and the charts: what else is wrong must not wait until they end.
FIRST_SECTIONS = (Section(name="findings", heading="Also found", build=_build_findings),)
# The page below the charts, in order.  A new section is a template, a builder and a line here.
SECTIONS = (
    Section(name="stuck", heading="Stuck invocations", build=_build_stuck),
    Section(name="errors", heading="Errors", build=_build_errors),
    Section(name="steps", heading="Steps", build=_build_steps),
    Section(name="open_loop", heading="Open loop", build=_build_open_loop),
    Section(name="environment", heading="Settings and environment", build=_build_environment),
    Section(name="method", heading="Method and limits", build=_build_method),
    Section(name="gate", heading="Gate", build=_build_gate),
)


def render_page(material: Material) -> str:
    """The whole file."""
    charts = [show_chart(chart) for make in CHARTS if (chart := make(material)) is not None]
    environment = make_jinja_environment()
    return environment.get_template("page.html").render(
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),
        title=say_verdict(material.verdict),
        hero=_build_hero(material),
        first_charts=[chart for chart in charts if chart["name"] in FIRST_CHARTS],
        charts=[chart for chart in charts if chart["name"] not in FIRST_CHARTS],
        first_sections=_build(FIRST_SECTIONS, material),
        sections=_build(SECTIONS, material),
    )


def _build(sections: Sequence[Section], material: Material) -> list[tuple[Section, Any]]:
    built = [(section, section.build(material)) for section in sections]
    return [(section, content) for section, content in built if content is not None]


def make_jinja_environment() -> Environment:
    """Escapes everything, refuses undefined names, shows None as a dash."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("seconds", "rate", "number", "users", "ratio", "count"):
        environment.filters[name] = getattr(units, f"format_{name}")
    environment.filters["prose"] = mark_code
    environment.filters["line"] = one_line
    environment.filters["state_colour"] = name_colour
    return environment


def _finalize(value: Any) -> Any:
    if value is None:
        return units.MISSING
    return clean_text(value) if type(value) is str else value  # Markup is a str, too, and is ours


def mark_code(text: str) -> Markup:
    """A sentence of ours with what stands between backticks as code; everything in it is escaped."""
    parts = split_code(clean_text(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if is_code else part for part, is_code in parts
    )


def name_colour(state: str) -> str:
    """The style sheet's name of a state's colour; a state of a later version has that of the unknown."""
    return f"--state-{(state if state in STATE_COLOURS else UNKNOWN).replace('_', '-')}"


def _build_hero(material: Material) -> dict[str, Any]:
    verdict = material.verdict
    told = tell_findings(verdict)
    return {
        "run": verdict.run,
        "info": material.info,
        "started": say_started(material.info.started_wall),
        "tone": tone_of(verdict),
        "answer": say_answer(verdict),
        "rest": say_answer_rest(verdict),
        "finding": told[0] if told else None,
        "no_finding": say_no_finding(verdict),
        "next_step": say_next_step(verdict),
        "next_command": make_next_command(verdict),
        "warnings": list_health_warnings(verdict),
        "numbers": list_key_numbers(verdict),
        "times": make_time_table(verdict),
    }


def show_chart(chart: Chart) -> dict[str, Any]:
    """The chart as chart.html takes it."""
    pictures: Sequence[dict[str, Any]] = [
        {"layout": picture.layout, "svg": Markup(picture.svg)} for picture in draw_chart(chart)
    ]
    return {
        "name": chart.name,
        "title": chart.title,
        "caption": chart.caption,
        "table": chart.table,
        "pictures": pictures,
    }
