"""The operating system's limits on the target's process."""

from __future__ import annotations

import resource

from harness.settings import RunSettings

FILES_EACH_USER = 3  # a request, a provider call, and one that is being closed
FILES_OTHERWISE = 200


def raise_file_limit() -> int:
    """Raise the soft limit on open files to the hard one; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # a hard limit of "unlimited" may be more than the system takes
        return soft
    return hard


def file_limit_problem(settings: RunSettings, limit: int) -> str | None:
    """Words for the user when so many open files are too few for the largest step."""
    users = settings.most_users
    needed = users * FILES_EACH_USER + FILES_OTHERWISE
    if limit >= needed or limit == resource.RLIM_INFINITY:
        return None
    return (
        f"at most {limit} open files are allowed, {users} users may need {needed}: expect connection errors of the "
        f"machine's making in large steps; raise the limit (ulimit -Hn {needed}), or lower --steps"
    )
