"""What a run was asked to do.  Core: a plain record, written to run.json and read by every stage.

Nothing here is parsed from a command line or a scenario file; both build this record and hand it on.
"""

from __future__ import annotations

import itertools
import math
from typing import Literal, get_args

import msgspec

from harness.errors import BadInputError

Mode = Literal["ainvoke", "invoke", "astream", "abatch"]
LoopKind = Literal["asyncio", "uvloop"]

DEFAULT_STEPS = (1, 5, 20, 50)
CLIMB = (1, 4, 16)  # how a climb begins; each further step has three times the users
DEFAULT_MAX_S = 70.0  # with the start of the target and the report: a minute and a half
MAX_USERS = 5000
CLIMB_USERS = 1500  # the most a climb tries: one load-generating process is not sure to carry more
UPWARD = 3  # how far beyond a given ladder steps may be added
SHORTEST_HOLD_S = 1.0
MOST_IN_FLIGHT = 1000
LONGEST_QUEUE_S = 10.0
MOST_ARRIVALS_PER_S = 5000.0


class RunSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole of a run's input.  ``check`` says everything that is wrong with it, at once."""

    name: str  # short name of the run, for its directory
    target: str  # file.py:name, package.module:name, or http(s)://127.0.0.1…
    working_directory: str = "."  # where target and input files are looked up
    steps: tuple[int, ...] = DEFAULT_STEPS  # users, ascending
    arrivals_per_s: tuple[float, ...] = ()  # open loop: requests a second of each step, in place of users
    climbs: bool = False  # steps go on upwards until throughput no longer rises
    max_s: float = (
        0.0  # of all steps together: what the given ones leave of it narrows the point down; 0: no others
    )
    hold_s: float = 10.0
    adapts_hold: bool = False  # a step ends when it has said enough, and goes on a little when it has not
    mode: Mode = "ainvoke"
    threads: int | None = None  # mode invoke; None: as many as the largest step may have users
    batch_size: int = 10  # mode abatch: inputs an invocation
    loop: LoopKind = "asyncio"  # of the target
    path: str = "/"  # ASGI targets and URLs, as are method and body
    method: str = "POST"
    body: str | None = None
    input_json: str | None = None  # one input, placeholders unfilled; None: taken from `inputs`, or guessed
    inputs: str | None = None  # FILE.jsonl or FILE.py:function
    config_json: str | None = None  # a RunnableConfig
    mock_plan: str | None = None  # a TOML file; None: a healthy provider, 200 ms
    mock_set: tuple[str, ...] = ()  # "dotted.key=value", applied over the plan
    mock_port: int | None = (
        None  # of the provider, for a URL target that is set to call it; None: any, or none
    )
    timeout_s: float = 60.0  # an invocation older than this counts as hung
    drain_s: float = 10.0  # how long a step's last requests may take to finish before they are cut off
    allow_hosts: tuple[str, ...] = ()  # hosts other than loopback that the target may call
    think_time_s: float = 0.0  # pause of a user between two requests
    seed: int = 0
    expects: str | None = None  # scenarios: the cause planted here, or "healthy"; read by tests only

    @property
    def is_url(self) -> bool:
        """Whether the target is a service already running."""
        return self.target.startswith(("http://", "https://"))

    @property
    def most_users(self) -> int:
        """The largest step there may be."""
        if self.arrivals_per_s:
            return self.most_in_flight(max(self.arrivals_per_s))
        if not self.max_s:
            return max(self.steps)
        return CLIMB_USERS if self.climbs else min(UPWARD * max(self.steps), MAX_USERS)

    def most_in_flight(self, rate_per_s: float) -> int:
        """Open loop: requests at a time; what arrives beyond waits in the load generator, and is late."""
        return min(max(math.ceil(rate_per_s * min(self.timeout_s, LONGEST_QUEUE_S)), 10), MOST_IN_FLIGHT)

    @property
    def thread_count(self) -> int:
        """Worker threads of mode ``invoke``."""
        return self.threads or self.most_users

    def check(self) -> RunSettings:
        """Return self.  Raises BadInputError that lists every problem, one a line."""
        problems = list(find_problems(self))
        if problems:
            raise BadInputError("\n".join(problems))
        return self


def find_problems(settings: RunSettings) -> list[str]:
    """Everything that is wrong with the settings: what was seen, what is allowed."""
    steps = settings.steps
    rules = [
        (not steps, "no steps given; give at least one number of users, e.g. --steps 1,5,20"),
        (any(n < 1 for n in steps), f"steps are {_join(steps)}; each must be at least 1 user"),
        (
            any(b <= a for a, b in itertools.pairwise(steps)),
            f"steps are {_join(steps)}; they must ascend, each larger than the one before",
        ),
        (
            bool(steps) and max(steps) > MAX_USERS,
            f"the largest step is {max(steps, default=0)} users; at most {MAX_USERS} are allowed",
        ),
        (
            any(not 0 < rate <= MOST_ARRIVALS_PER_S for rate in settings.arrivals_per_s)
            or any(b <= a for a, b in itertools.pairwise(settings.arrivals_per_s)),
            f"arrivals are {', '.join(f'{rate:g}' for rate in settings.arrivals_per_s)} a second; they must ascend, "
            f"from above 0 to {MOST_ARRIVALS_PER_S:g}",
        ),
        (
            settings.climbs and not settings.max_s,
            "steps are auto, which needs time to choose them in; give --max-seconds more than 0, or steps",
        ),
        (
            not 0 <= settings.max_s <= 7200,
            f"max seconds is {settings.max_s:g}; it must be 0, for the given steps alone, to 7200",
        ),
        (
            settings.mode not in get_args(Mode),
            f"mode is {settings.mode!r}; allowed: {', '.join(get_args(Mode))}",
        ),
        (settings.loop not in get_args(LoopKind), f"loop is {settings.loop!r}; allowed: asyncio, uvloop"),
        (
            not SHORTEST_HOLD_S <= settings.hold_s <= 3600,
            f"hold is {settings.hold_s:g} s; it must be between {SHORTEST_HOLD_S:g} s and 1 h",
        ),
        (
            not 0.1 <= settings.timeout_s <= 3600,
            f"timeout is {settings.timeout_s:g} s; it must be 0.1 s to 1 h",
        ),
        (not 0.1 <= settings.drain_s <= 600, f"drain is {settings.drain_s:g} s; it must be 0.1 s to 10 min"),
        (
            not 0 <= settings.think_time_s <= 3600,
            f"think time is {settings.think_time_s:g} s; it must be 0 to 1 h",
        ),
        (settings.threads is not None and settings.threads < 1, f"threads is {settings.threads}; at least 1"),
        (
            settings.mock_port is not None and not 1 <= settings.mock_port <= 65535,
            f"mock port is {settings.mock_port}; it must be 1 to 65535",
        ),
        (not 1 <= settings.batch_size <= 1000, f"batch size is {settings.batch_size}; it must be 1 to 1000"),
        (
            settings.input_json is not None and settings.inputs is not None,
            "both --input and --inputs are given; give one of them",
        ),
        (not settings.path.startswith("/"), f"path is {settings.path!r}; it must start with /"),
    ]
    problems = [message for wrong, message in rules if wrong]
    for option, text in (("--input", settings.input_json), ("--config", settings.config_json)):
        problem = _json_problem(option, text, must_be_object=option == "--config")
        if problem:
            problems.append(problem)
    return problems


def _json_problem(option: str, text: str | None, *, must_be_object: bool) -> str | None:
    if text is None:
        return None
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return f"{option} is not JSON ({error}): {text[:80]!r}"
    if must_be_object and not isinstance(value, dict):
        return f"{option} is {type(value).__name__} {text[:80]!r}; it must be a JSON object"
    return None


def _join(steps: tuple[int, ...]) -> str:
    return ",".join(map(str, steps)) or "empty"
