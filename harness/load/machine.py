"""What this machine is and allows: recorded with each run, checked before one.  Changes one limit, nothing else."""

from __future__ import annotations

import os
import platform
import resource
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.errors import BadInputError

PACKAGES = (
    "chainload", "locust", "gevent", "langchain", "langchain-core", "langchain-openai", "langgraph", "openai",
    "httpx", "httpx2", "uvicorn", "starlette", "uvloop", "pydantic",
)  # fmt: skip
WANTED_FILES = 65_536  # the provider may hold several connections a user
SPARE_FILES = 256  # logs, records, libraries
FILES_PER_USER = 2  # the target holds one to the load generator and one to the provider


def describe_environment() -> dict[str, str | int | float | None]:
    """Versions and machine, for run.json; a package that is not installed is None."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "command": shlex.join(["locust" if a.endswith("locust/__main__.py") else a for a in sys.argv]),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine_id() -> str:
    """Equal for processes that share a clock: CLOCK_MONOTONIC begins anew with each boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux
        return platform.node()


def allow_open_files(users: int) -> None:
    """Raise the soft limit of open files; the children inherit it.

    Raises BadInputError when even the hard limit is too low for so many users.
    """
    needed = FILES_PER_USER * users + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceiling = WANTED_FILES if hard == resource.RLIM_INFINITY else min(hard, WANTED_FILES)
    if soft != resource.RLIM_INFINITY and soft < ceiling:
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
        soft = ceiling
    if soft != resource.RLIM_INFINITY and soft < needed:
        raise BadInputError(
            f"{users} users need about {needed} open files and this process may have {soft} at most; raise the hard "
            f"limit (ulimit -Hn {needed}, or LimitNOFILE= of the service), or ask for at most "
            f"{max((soft - SPARE_FILES) // FILES_PER_USER, 1)} users"
        )
