"""A matplotlib figure as SVG that sits in a page: themed by CSS, named for screen readers, its ids its own.

The bytes depend on the figure alone.  Text stays text; what it says is escaped.
"""

from __future__ import annotations

import io
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from matplotlib.figure import Figure

from reports.plots.palette import CSS_NAMES

_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
_FONT = re.compile(r"font:[^;]*?(\d+(?:\.\d+)?px)[^;]*;?")
_IDLE_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
_NUMERIC = ("d", "x", "y", "width", "height", "transform", "points")
_DROPPED = {"metadata", "style"}  # the style sheet in it would reach the whole page
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def render_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """The figure as markup for a page.  name: unique in the page; every id starts with it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    root = ET.fromstring(buffer.getvalue())
    for element in list(root.iter()):
        _simplify(element)
    _rename_ids(root, name)
    _describe(root, name, title, description)
    return ET.tostring(root, encoding="unicode")


def _simplify(element: ET.Element) -> None:
    element.tag = _local(element.tag)
    element.tail = None
    element.text = element.text if element.tag == "text" else None
    for child in [child for child in element if _local(child.tag) in _DROPPED]:
        element.remove(child)
    for key in list(element.attrib):
        value = element.attrib.pop(key)
        element.attrib[_local(key)] = _short(value) if key in _NUMERIC else value
    if "style" in element.attrib:
        element.attrib["style"] = _theme(element.attrib["style"], is_text=element.tag == "text")
    if not element.attrib.get("transform", "kept").strip():
        del element.attrib["transform"]


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _short(value: str) -> str:
    rounded = _DECIMALS.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), value)
    return _IDLE_TURN.sub("", " ".join(rounded.split()))


def _theme(style: str, *, is_text: bool) -> str:
    """Colours as variables, the page's font instead of the one the text was laid out in."""
    suffix = "-text" if is_text else ""  # letters need more contrast than lines
    themed = _COLOUR.sub(lambda match: f"var(--{CSS_NAMES[match[0]]}{suffix})", style)
    sized = _FONT.sub(lambda match: f"font-size: {match[1]};", themed)
    return sized.replace("; ", ";").replace(": ", ":").strip("; ")


def _rename_ids(root: ET.Element, name: str) -> None:
    """Only ids that are referred to stay; they are numbered, so that no two charts share one."""
    used = set(_references(root))
    numbers = itertools.count(1)
    names = {
        old: f"{name}-{next(numbers)}" for element in root.iter() if (old := element.attrib.get("id")) in used
    }
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.attrib.pop("id")
                if value in names:
                    element.attrib["id"] = names[value]
            elif key == "href":
                element.attrib[key] = f"#{names[value[1:]]}"
            else:
                element.attrib[key] = _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)


def _references(root: ET.Element) -> Iterator[str]:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href":
                yield value[1:]
            else:
                yield from _REFERENCE.findall(value)


def _describe(root: ET.Element, name: str, title: str, description: str) -> None:
    for tag, text in (("desc", description), ("title", title)):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(0, element)
    view_box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update(
        {
            "role": "img",
            "viewBox": view_box,
            "aria-labelledby": f"{name}-title",
            "aria-describedby": f"{name}-desc",
        }
    )
