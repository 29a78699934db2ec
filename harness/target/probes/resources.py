"""Pools of threads as resources: pools alike are one, under one name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.probe_records import Gauge
from harness.target.probes.sites import UNKNOWN


class Resource:
    """A pool, by the name under which all alike are counted."""

    __slots__ = ("capacity", "held_s", "is_hidden", "name", "served", "site")

    def __init__(
        self, name: str, *, site: int = UNKNOWN, capacity: float | None = None, is_hidden: bool = False
    ):
        self.name = name
        self.site = site
        self.capacity = capacity
        self.is_hidden = is_hidden  # chainload's own: seen in stacks, not in spans
        self.served = 0
        self.held_s = 0.0


@dataclass(frozen=True, slots=True)
class PoolCount:
    """How full one pool is.  in_use: as far as the pool itself tells."""

    resource: Resource
    in_use: float
    capacity: float
    waiting: float


class ResourceBook:
    """Those of which several pools may be one."""

    def __init__(self) -> None:
        self._by_name: dict[str, Resource] = {}

    def named(self, name: str, *, site: int, capacity: float, is_hidden: bool = False) -> Resource:
        """Of this name: pools that one line makes again and again are one."""
        found = self._by_name.get(name)
        if found is None:
            found = self._by_name[name] = Resource(name, site=site, capacity=capacity, is_hidden=is_hidden)
        return found

    def gauges(self, at_s: float, counts: Iterable[PoolCount], running: Mapping[str, int]) -> Iterator[Gauge]:
        """How full resources are; pools that share one are added up.  running: jobs of each now."""
        sums: dict[str, list[float]] = {}
        for one in counts:
            total = sums.setdefault(one.resource.name, [0.0, 0.0, 0.0])
            total[0] += one.in_use
            total[1] += one.capacity
            total[2] += one.waiting
        for name, (in_use, capacity, waiting) in sums.items():
            resource = self._by_name[name]
            yield Gauge(
                at_s=at_s,
                resource=name,
                in_use=max(in_use, running.get(name, 0)),
                capacity=capacity,
                waiting=waiting,
                site=resource.site,
                served=resource.served,
                held_s=resource.held_s,
            )
