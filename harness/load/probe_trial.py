"""What the probes cost the chain: after the last step they are taken out and put back in turn, and CPU is compared.

Runs under gevent in the leader, so late that it touches no measured window.  Each slice begins and
ends with an idle target: a lock taken with the probes in and given back without them would read as one that was kept.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import gevent
import msgspec

from harness.load.connection import Connection
from harness.load.control import ask, cancel_all
from harness.load.flight import Flight, Identity
from harness.load.recorder import Recorder
from harness.load.service import Service, make_request
from harness.placeholders import Fill
from harness.records import TrialSlice
from harness.settings import RunSettings
from harness.tracing import PROBES_PATH, new_trace_id

LONGEST_S = 12.0  # three pairs of chains that take a second and a half
SHARE_OF_HOLD = 0.5  # a run of short steps does not wait for it
USUAL_HOLD_S = 10.0  # from which on it may take as long as it needs
SHORTEST_S = 1.5
SLICE_S = 0.15  # for which users go on sending
MOST_USERS = 32
IDLE_RATIO = 0.4  # of a processor
GAIN_RATIO = 1.3
SLOWER_RATIO = 1.3  # a step whose requests take so much longer than the lowest one's waits for something
ANSWER_S = 2.0
FIRST_SEQUENCE = 10_000  # of trial requests; those of the run are below
FEWEST_PAIRS = 3


class TrialError(Exception):
    """Why the comparison cannot be made, in words."""


def find_light_load(response_s: Mapping[int, float]) -> int:
    """Users that keep the target at work and do not queue in it, from the mean response time by users."""
    lowest = min(response_s, default=1)
    light = [n for n, mean_s in response_s.items() if mean_s <= SLOWER_RATIO * response_s[lowest]]
    return min(max(light, default=lowest), MOST_USERS)


def find_trial_s(settings: RunSettings) -> float:
    """Seconds that the trial may take; 0: it is not worth it."""
    is_usual = settings.hold_s >= USUAL_HOLD_S
    allowed_s = LONGEST_S if is_usual else min(LONGEST_S, SHARE_OF_HOLD * settings.hold_s)
    return allowed_s if allowed_s >= SHORTEST_S else 0.0


def _more_users(users: int, most_users: int, busy_ratio: float) -> int:
    return max(users, min(most_users, MOST_USERS, int(users * IDLE_RATIO / max(busy_ratio, 0.01))))


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the users of one slice came to."""

    ok_count: int = 0
    failed_count: int = 0


@dataclass(slots=True, kw_only=True)
class ProbeTrial:
    """One comparison.  ``run`` leaves the probes in."""

    settings: RunSettings
    service: Service
    users: int
    most_users: int
    limit_s: float
    slices: list[TrialSlice] = field(default_factory=list)
    _connections: list[Connection] = field(default_factory=list)
    _sequence: int = FIRST_SEQUENCE
    _until_s: float = 0.0

    def run(self) -> str | None:
        """Fill ``slices``.  Returns why there are too few of them, in words; None when there are enough."""
        self._until_s = time.monotonic() + self.limit_s
        self._connections = [Connection() for _ in range(MOST_USERS)]
        try:
            longest_s = self._warm_up()
            self._compare(longest_s)
        except TrialError as error:
            return str(error)
        finally:
            for connection in self._connections:
                connection.close()
            ask(self.service, "POST", f"{PROBES_PATH}?on=1", timeout_s=ANSWER_S)
        return None

    def _warm_up(self) -> float:
        """Slices that do not count; returns how long one more would take."""
        slow = self._measure(on=True)
        busy_ratio = slow.cpu_s / (slow.end_s - slow.start_s)
        if busy_ratio < IDLE_RATIO:  # more requests at a time say more, if they bring more answers
            before, self.users = self.users, _more_users(self.users, self.most_users, busy_ratio)
            fast = self._measure(on=True)
            if fast.answers_per_s < GAIN_RATIO * slow.answers_per_s or not self._fits(fast):
                self.users = before
            else:
                slow = fast
        took_s = slow.end_s - slow.start_s
        if not self._fits(slow):
            raise TrialError(
                f"requests took too long for it: {took_s:.1f} s a slice, and {2 * FEWEST_PAIRS} slices have to fit in "
                f"{self._until_s - time.monotonic():.1f} s"
            )
        return took_s

    def _fits(self, part: TrialSlice) -> bool:
        """Whether there is time for as many such slices as it takes at least."""
        return 2 * FEWEST_PAIRS * (part.end_s - part.start_s) <= self._until_s - time.monotonic()

    def _compare(self, longest_s: float) -> None:
        order = random.Random(self.settings.seed)
        while time.monotonic() + 2 * longest_s < self._until_s:
            start_s = time.monotonic()
            self.slices += [self._measure(on=on) for on in order.sample([True, False], 2)]
            longest_s = max(longest_s, (time.monotonic() - start_s) / 2)

    def _measure(self, *, on: bool) -> TrialSlice:
        cpu_s = self._switch(on=on)
        start_s = time.monotonic()
        tally = self._drive()
        end_s = time.monotonic()
        return TrialSlice(
            probes_on=on,
            users=self.users,
            start_s=start_s,
            end_s=end_s,
            cpu_s=self._switch(on=on) - cpu_s,
            ok_count=tally.ok_count,
            failed_count=tally.failed_count,
        )

    def _switch(self, *, on: bool) -> float:
        """Returns the target's CPU seconds so far, what the probes had to write included."""
        answer = ask(self.service, "POST", f"{PROBES_PATH}?on={on:d}&trial=1", timeout_s=ANSWER_S)
        cpu_s = answer.get("cpu_s") if isinstance(answer, dict) else None
        if not isinstance(cpu_s, float):
            raise TrialError("the target did not answer when the probes were to be switched")
        return cpu_s

    def _drive(self) -> Tally:
        """Every user sends for the length of a slice and waits for its last answer.  Raises TrialError."""
        tally, until_s = Tally(), time.monotonic() + SLICE_S
        greenlets = [gevent.spawn(self._send_until, user, until_s, tally) for user in range(self.users)]
        gevent.joinall(greenlets, timeout=max(self._until_s - time.monotonic(), 0.0))
        if not all(greenlet.dead for greenlet in greenlets):
            gevent.killall(greenlets)
            cancel_all(self.service, wait_s=0.0, timeout_s=ANSWER_S)
            raise TrialError(
                f"requests took too long for it: some were not answered within {self.limit_s:.1f} s"
            )
        return tally

    def _send_until(self, user: int, until_s: float, tally: Tally) -> None:
        while True:
            sample = self._make_flight(user).fly()
            tally.ok_count += sample.outcome == "ok"
            tally.failed_count += sample.outcome != "ok"
            if time.monotonic() >= until_s:
                return

    def _make_flight(self, user: int) -> Flight:
        self._sequence += 1
        trace_id = new_trace_id()
        fill = Fill.of(user=user, sequence=self._sequence, trace_id=trace_id)
        return Flight(
            identity=Identity(
                trace_id=trace_id, step=-1, user=user, sequence=self._sequence, due_s=time.monotonic()
            ),
            service=self.service,
            request=make_request(self.settings, self.service, fill),
            connection=self._connections[user],
            timeout_s=self.limit_s,
        )


def compare_probes(settings: RunSettings, service: Service, recorder: Recorder, *, unfit: str | None) -> None:
    """Make the comparison and record it, or why there is none.  unfit: what is wrong with the target after the run."""
    limit_s, slices = find_trial_s(settings), []
    if not service.is_controlled:
        reason: str | None = "the target is a URL: its probes, if it has any, are its own"
    elif unfit is not None:
        reason = f"after the last step {unfit}"
    elif not limit_s:
        reason = f"steps of {settings.hold_s:g} s are too short to spend time on it"
    else:
        response_s = recorder.mean_response_s()
        trial = ProbeTrial(
            settings=settings,
            service=service,
            users=find_light_load(response_s),
            most_users=max(response_s, default=1),
            limit_s=limit_s,
        )
        reason, slices = trial.run(), trial.slices
    recorder.event(
        "probes_compared",
        users=max((s.users for s in slices), default=None),
        data={"reason": reason, "slices": msgspec.to_builtins(slices)},
    )
