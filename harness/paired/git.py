"""What is asked of git, and worktrees that do not outlive their use.  Every failure is a BadInputError."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import BadInputError

LIMIT_S = 120.0
# Set by git for its hooks; they would lead every command below to the repository of the hook.
LOCAL_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def find_top(folder: Path) -> Path | None:
    """The top of the working tree that a folder is in; None when it is in none, or there is no git."""
    result = _run(folder, "rev-parse", "--show-toplevel")
    return Path(result.stdout.strip()) if result is not None and result.returncode == 0 else None


def find_commit(top: Path, ref: str) -> str | None:
    """The full id of a commit, tag or branch; None when there is no such ref."""
    result = _run(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return result.stdout.strip() if result is not None and result.returncode == 0 else None


def list_changes(top: Path) -> list[str]:
    """Files that differ from the last commit, untracked ones included."""
    result = _run(top, "status", "--porcelain")
    return [line[3:] for line in result.stdout.splitlines()] if result is not None else []


def is_shallow(top: Path) -> bool:
    """Whether history was cut off when the repository was cloned, as CI services do."""
    result = _run(top, "rev-parse", "--is-shallow-repository")
    return result is not None and result.stdout.strip() == "true"


@contextlib.contextmanager
def checked_out(top: Path, commit: str, name: str) -> Iterator[Path]:
    """A worktree of the commit in a temporary folder; gone when the block is left, however it is.

    Raises BadInputError with git's own words when it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix=f"chainload-{name}-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder).resolve() / "tree"
        try:
            result = _run(top, "worktree", "add", "--detach", "--quiet", str(tree), commit)
            if result is None or result.returncode != 0:
                said = result.stderr.strip() if result is not None else "git is not installed"
                raise BadInputError(f"a worktree of {commit[:10]} cannot be made: {said}")
            yield tree
        finally:
            _run(top, "worktree", "remove", "--force", "--force", str(tree))


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """None when there is no git."""
    variables = {name: value for name, value in os.environ.items() if name not in LOCAL_VARIABLES}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            env=variables,
            start_new_session=True,  # Ctrl-C is for us: we still have a worktree to remove
        )
    except OSError:
        return None
    except subprocess.TimeoutExpired as error:
        raise BadInputError(f"git {arguments[0]} took longer than {LIMIT_S:g} s in {folder}") from error
