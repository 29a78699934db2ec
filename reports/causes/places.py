"""Places in code as findings name them: relative to the folder the run was started in.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.records import Frame
from reports.causes.situation import Situation
from reports.verdict import Location

_INNER = re.compile(r"(\.<locals>\.<\w+>)+$")  # a comprehension, generator expression or lambda inside it


def named_function(function: str) -> str:
    """ "score" of "score.<locals>.<genexpr>": the function that a user would call it."""
    return _INNER.sub("", function)


def locate_site(situation: Situation, site: int | None) -> Location | None:
    """The user's frame of a site; None when there is none."""
    return None if site is None else locate_stack(situation, situation.recording.frames(site))


def locate_stack(situation: Situation, innermost_first: Iterable[Frame]) -> Location | None:
    """The innermost frame of the user's; None when no frame is."""
    frame = next((frame for frame in innermost_first if frame.is_user), None)
    return None if frame is None else locate_frame(situation, frame)


def locate_frame(situation: Situation, frame: Frame) -> Location:
    folder = Path(situation.dataset.info.settings.working_directory)
    try:
        file = str(Path(frame.file).relative_to(folder))
    except ValueError:  # elsewhere
        file = frame.file
    return Location(file=file, line=frame.line, function=named_function(frame.function), code=frame.code)


def say_location(location: Location | None) -> str:
    """ "`look_up` at app/chain.py:42"; "code that is not yours" without one."""
    if location is None:
        return "library code"
    name = location.function or "code"
    return f"`{name}` at {location.file}:{location.line}"


def user_frames(frames: Sequence[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.is_user]
