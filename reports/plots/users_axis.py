"""The axis of users that charts share: logarithmic, its ticks the steps that were run.  Draws no data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from reports.plots.canvas import Layout
from reports.plots.palette import GOOD, GRID, MUTED
from reports.units import format_user_interval, format_users
from reports.verdict import Saturation

MARGIN_RATIO = 1.22  # room left and right of the outermost steps
UNTESTED_RATIO = 1.9  # how far the axis goes on past the last step when saturation lies there
TICK_GAP = 30.0  # pixels between the middles of two labels


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersAxis:
    """What the axis shows: the steps, and where it saturates."""

    users: tuple[int, ...]
    point: float | None
    interval: tuple[float, float] | None
    is_bare: bool = False  # nothing is marked: the chart has more than one verdict

    @classmethod
    def of(cls, users: Sequence[int], saturation: Saturation) -> UsersAxis:
        """Nothing is marked unless the verdict is that it saturates."""
        is_known = saturation.status in {"saturated", "saturated_from_first_step"}
        return cls(
            users=tuple(sorted(set(users))),
            point=saturation.users if is_known else None,
            interval=saturation.interval if is_known else None,
        )

    @property
    def limits(self) -> tuple[float, float]:
        marked = [value for value in (self.point, *(self.interval or ())) if value]
        low, high = min([*self.users, *marked]), max([*self.users, *marked])
        is_open = self.point is None and not self.is_bare
        return low / MARGIN_RATIO, high * (UNTESTED_RATIO if is_open else MARGIN_RATIO)


def draw_users_axis(axes: Axes, axis: UsersAxis, layout: Layout) -> None:
    """Scale, ticks and title; then the band of saturation, or the region that was not tested."""
    axes.set_xscale("log")
    axes.set_xlim(*axis.limits)
    axes.xaxis.set_major_locator(FixedLocator([float(n) for n in axis.users]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels(_tick_labels(axes, axis, layout))
    axes.set_xlabel("users at the same time", labelpad=6)
    if axis.is_bare:
        return
    if axis.point is None:
        _draw_untested(axes, axis)
    else:
        _draw_saturation(axes, axis, axis.point)


def _tick_labels(axes: Axes, axis: UsersAxis, layout: Layout) -> list[str]:
    """Every step keeps its tick; labels that would touch the one before are left out, the last one never."""
    width = axes.get_position().width * layout.width
    low, high = axis.limits
    places = [width * math.log(n / low) / math.log(high / low) for n in axis.users]
    kept: list[int] = []
    for index in range(len(places)):
        while kept and index == len(places) - 1 and places[index] - places[kept[-1]] < TICK_GAP:
            kept.pop()
        if not kept or places[index] - places[kept[-1]] >= TICK_GAP:
            kept.append(index)
    return [f"{n:,}" if index in kept else "" for index, n in enumerate(axis.users)]


def _draw_saturation(axes: Axes, axis: UsersAxis, point: float) -> None:
    if axis.interval is not None:
        axes.axvspan(*axis.interval, color=GOOD, alpha=0.14, linewidth=0)
    axes.axvline(point, color=GOOD, linewidth=1.2)
    low, high = axis.limits
    place = math.log(point / low) / math.log(high / low)
    axes.annotate(
        f"{format_users(point)}" + (f" ({format_user_interval(axis.interval)})" if axis.interval else ""),
        (place, 1),
        xytext=(0, 7),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center" if 0.2 < place < 0.8 else "left" if place <= 0.2 else "right",
        color=GOOD,
        fontweight="bold",
    )


def _draw_untested(axes: Axes, axis: UsersAxis) -> None:
    last, end = axis.users[-1], axis.limits[1]
    axes.axvspan(last * 1.04, end, facecolor="none", edgecolor=GRID, hatch="///", linewidth=0)
    axes.annotate(
        "not tested",
        (math.sqrt(last * end), 1),
        xytext=(0, 7),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        color=MUTED,
    )
