"""A gate's verdict as JUnit XML, for any CI system: a test suite a scenario, a test case a criterion.  Pure.

There are two schemas in use, of Jenkins' xUnit plugin (junit-10.xsd) and of Ant (windyroad's JUnit.xsd); the file is
valid by both: no attributes on the root, and in every suite the empty elements that Ant's has.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from reports.gate.criteria import CriterionResult, GateVerdict
from reports.gate.words import say_result_place
from reports.plain_text import clean_text

_NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(gate: GateVerdict, *, timestamp: str, hostname: str) -> str:
    """The whole file.  timestamp: ISO 8601 without a zone, as the schema wants it."""
    root = ElementTree.Element("testsuites")
    for index, scenario in enumerate(dict.fromkeys(result.scenario for result in gate.results)):
        own = [result for result in gate.results if result.scenario == scenario]
        attributes = {
            "name": _clean(scenario), "id": str(index), "package": "chainload", "timestamp": timestamp,
            "hostname": _clean(hostname),
        }  # fmt: skip
        suite = ElementTree.SubElement(root, "testsuite", {**attributes, **_count(own, gate)})
        ElementTree.SubElement(suite, "properties")
        for result in own:
            _add_case(suite, result, gate)
        for name in ("system-out", "system-err"):
            ElementTree.SubElement(suite, name)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _count(results: list[CriterionResult], gate: GateVerdict) -> dict[str, str]:
    kinds = [_kind(result, gate) for result in results]
    return {
        "tests": str(len(results)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": "0",
    }


def _kind(result: CriterionResult, gate: GateVerdict) -> str | None:
    """An inconclusive criterion is skipped, which no viewer shows as a pass; a strict gate fails for it."""
    if result.status == "passed":
        return None
    if result.fault != "chain":
        return "error"
    return "failure" if result.status == "failed" or gate.is_strict else "skipped"


def _add_case(suite: ElementTree.Element, result: CriterionResult, gate: GateVerdict) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=_clean(result.name),
        classname=_clean(f"chainload.{result.scenario}"),
        time="0",
    )
    kind = _kind(result, gate)
    if kind is None:
        return
    place = say_result_place(result)
    message = _clean(result.reason)
    if kind == "skipped":
        ElementTree.SubElement(case, kind, message=message)
        return
    element = ElementTree.SubElement(case, kind, message=message, type=result.status)
    element.text = f"{message}\n{_clean(place)}" if place else message


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return _NO_XML.sub("\ufffd", clean_text(text))
