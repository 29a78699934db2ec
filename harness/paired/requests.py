"""What each side is asked to run: the same load on another tree.  Checks; starts nothing but a look at a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BadInputError
from harness.options import find_target_problem
from harness.pair_plan import SideName
from harness.paired.sides import Side
from harness.run import BUILT_IN_LOCUSTFILE, RunRequest, describe_scenario

ONE_BY_ONE: Mapping[str, Any] = {"max_s": 0.0, "climbs": False}  # its steps are ordered as it goes


class SideRequests(msgspec.Struct, frozen=True, kw_only=True):
    """The same run, in each side's tree."""

    base: RunRequest
    head: RunRequest

    def of(self, side: SideName) -> RunRequest:
        return self.base if side == "base" else self.head


def make_side_requests(request: RunRequest, *, base: Side, head: Side, here: Side) -> SideRequests:
    """request: of the tree that is ``here``, checked.

    The load is head's for both: its scenario file, plan and inputs.  Raises BadInputError.
    """
    if request.locustfile != BUILT_IN_LOCUSTFILE:
        file = head.place_of(request.locustfile, here) if head.is_commit else request.locustfile
        request = msgspec.structs.replace(request, locustfile=file)
        fields = msgspec.to_builtins(describe_scenario(file)) | request.overrides
    else:
        fields = request.overrides
    if fields["target"].startswith(("http://", "https://")):
        raise BadInputError(
            f"the target is {fields['target']}: --base compares two versions of code that chainload starts; give "
            "path/to/file.py:name or package.module:name"
        )
    folder = Path(fields.get("working_directory", "."))
    at_base, at_head = (_place(side, folder, head, here) for side in (base, head))
    problem = find_target_problem(fields["target"], at_base)
    if problem:
        raise BadInputError(f"{base.label} has nothing to compare with: {problem}")
    shared = {**ONE_BY_ONE, **_fix_files(fields, at_head)}
    return SideRequests(
        base=_with(request, {**shared, "working_directory": str(at_base)}),
        head=_with(request, {**shared, "working_directory": str(at_head)}),
    )


def _place(side: Side, folder: Path, head: Side, here: Side) -> Path:
    """Where the target's folder is in a side's tree; a scenario of a worktree names one there."""
    return side.place_of(folder, head if folder.is_relative_to(head.root) else here)


def _with(request: RunRequest, fields: Mapping[str, Any]) -> RunRequest:
    return msgspec.structs.replace(request, overrides={**request.overrides, **fields})


def _fix_files(fields: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Files that both sides are to read in one place."""
    fixed = {}
    if fields.get("mock_plan"):
        fixed["mock_plan"] = str(folder / fields["mock_plan"])
    file, colon, name = (fields.get("inputs") or "").partition(":")
    if file and (folder / file).is_file():
        fixed["inputs"] = f"{folder / file}{colon}{name}"
    return fixed
