"""Base and head as trees of files: a folder as it is, or a commit in a worktree.  Starts nothing but git."""

from __future__ import annotations

import contextlib
import os
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import harness
from harness.errors import BadInputError
from harness.paired.git import checked_out, find_commit, find_top, is_shallow, list_changes

DEPENDENCY_FILES = (
    "requirements*.txt",
    "constraints*.txt",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version of the code."""

    label: str  # "main (3f2a91c04b)", or the folder
    root: Path  # the tree that its code must come from
    folder: Path  # in it, where the command would be started
    commit: str | None  # of a worktree, or of a tree without changes
    is_commit: bool  # a worktree, which holds committed files only

    def place_of(self, path: Path, original: Side) -> Path:
        """Where a path of ``original`` is in this tree.  Raises BadInputError when it is not in that one."""
        try:
            return self.folder / path.resolve().relative_to(original.folder)
        except ValueError:
            pass
        try:
            return self.root / path.resolve().relative_to(original.root)
        except ValueError as error:
            raise BadInputError(
                f"{path} is outside of {original.root}, so it has no counterpart in {self.label}; "
                "start the gate in the tree of the target"
            ) from error


@contextlib.contextmanager
def open_sides(base: str, head: str, *, here: Side) -> Iterator[tuple[Side, Side]]:
    """Both sides, base first.  base, head: a folder, or what git knows as a commit.  Raises BadInputError."""
    # Base with itself is a calibration, in which changes at hand have no part.
    other = "base" if head == base else "head"
    with _opened("base", base, here.folder) as base_side, _opened(other, head, here.folder) as head_side:
        yield base_side, head_side


@contextlib.contextmanager
def _opened(name: str, text: str, here: Path) -> Iterator[Side]:
    folder = here / text
    if folder.is_dir():
        yield _side_of_folder(folder.resolve(), text, is_repository=text in (".", ""))
        return
    top, commit = _find_commit(name, text, here)
    _refuse_changes(name, text, top, commit)
    with checked_out(top, commit, name) as tree:
        inside = here.resolve().relative_to(top.resolve())
        if not (tree / inside).is_dir():
            raise BadInputError(
                f"--{name} {text} has no folder {inside}; start the gate in a folder that it has"
            )
        yield Side(
            label=f"{text} ({commit[:10]})", root=tree, folder=tree / inside, commit=commit, is_commit=True
        )


def current_side(here: Path) -> Side:
    """The tree that the command was started in."""
    return _side_of_folder(here.resolve(), "the working tree", is_repository=True)


def _side_of_folder(folder: Path, label: str, *, is_repository: bool) -> Side:
    """The current folder stands for its whole repository; any other for itself."""
    top = find_top(folder) if is_repository else None
    name = "the working tree" if is_repository else label
    commit = find_commit(top, "HEAD") if top is not None and not list_changes(top) else None
    return Side(label=name, root=(top or folder).resolve(), folder=folder, commit=commit, is_commit=False)


def _find_commit(name: str, text: str, here: Path) -> tuple[Path, str]:
    top = find_top(here)
    if top is None:
        raise BadInputError(
            f"--{name} is {text!r}: there is no such folder, and {here} is in no git repository; give a folder, or "
            "start the gate in the repository"
        )
    commit = find_commit(top, text)
    if commit is None:
        hint = (
            "this clone is shallow: fetch it first (git fetch --depth 1 origin BRANCH, or fetch-depth: 0 in CI)"
            if is_shallow(top)
            else f"git fetch, or try origin/{text}"
        )
        raise BadInputError(f"--{name} is {text!r}: git knows no such commit, and it is no folder; {hint}")
    return top, commit


def _refuse_changes(name: str, text: str, top: Path, commit: str) -> None:
    """Somebody who asks for the last commit by name would not see that their own changes are left out."""
    changes = list_changes(top) if name == "head" and commit == find_commit(top, "HEAD") else []
    if changes:
        shown = ", ".join(changes[:3]) + (", …" if len(changes) > 3 else "")
        raise BadInputError(
            f"--head is {text!r}, and the working tree has changes that it lacks ({shown}); give --head . to measure "
            "them, or commit or stash them first"
        )


# ---- what may make the two differ ----


def find_differences(base: Side, head: Side) -> list[str]:
    """Differences that the comparison does not show, in words."""
    names = {path.name for side in (base, head) for glob in DEPENDENCY_FILES for path in side.root.glob(glob)}
    changed = [name for name in sorted(names) if _read(base.root / name) != _read(head.root / name)]
    if _declared(base.root) != _declared(head.root):
        changed.append("the dependencies in pyproject.toml")
    if not changed:
        return []
    return [
        f"{', '.join(changed)} differ between base and head; both ran with the packages of {sys.prefix}, so what "
        "other versions of packages change is not in this comparison"
    ]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _declared(root: Path) -> Any:
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    project, poetry = document.get("project", {}), document.get("tool", {}).get("poetry", {})
    return [
        project.get("dependencies"),
        project.get("optional-dependencies"),
        document.get("dependency-groups"),
        poetry.get("dependencies"),
    ]


# ---- where Python looks ----


def python_path(side: Side, *, original: Side) -> str:
    """PYTHONPATH for the side: what leads into the tree of ``original`` leads to the same place in this one.

    Covers PYTHONPATH itself, path files of editable installs, and a ``src`` folder.  Left out: a tree that has a
    package named as ours is (chainload's own), since the tool must stay the same on both sides.
    """
    ours = Path(harness.__file__ or "").parents[1]
    places = [side.root / "src"]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    for entry in dict.fromkeys(filter(None, [*given, *sys.path])):
        path = Path(entry).resolve()
        if path == ours or not path.is_relative_to(original.root) or path.is_relative_to(sys.prefix):
            continue
        places.append(side.root / path.relative_to(original.root))
    found = [
        str(place) for place in dict.fromkeys(places) if place.is_dir() and not (place / "harness").is_dir()
    ]
    rest = [entry for entry in given if entry and not Path(entry).resolve().is_relative_to(original.root)]
    return os.pathsep.join([*found, *rest])
