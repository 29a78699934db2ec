"""Weak tables that other threads fill while the observer looks."""

from __future__ import annotations

import weakref

from harness.target.probes.weak_tables import each_alive


class Pool:
    pass


def test_what_is_added_meanwhile_disturbs_nobody() -> None:
    table: weakref.WeakKeyDictionary[Pool, int] = weakref.WeakKeyDictionary()
    pools = [Pool() for _ in range(3)]
    table.update(zip(pools, range(3), strict=True))
    seen = []
    for _, number in each_alive(table):
        pools.append(Pool())
        table[pools[-1]] = 10 + number
        seen.append(number)
    assert sorted(seen) == [0, 1, 2]


def test_what_is_gone_is_not_seen() -> None:
    table: weakref.WeakKeyDictionary[Pool, int] = weakref.WeakKeyDictionary()
    kept, dropped = Pool(), Pool()
    table[kept], table[dropped] = 1, 2
    look = each_alive(table)
    del dropped
    assert list(look) == [(kept, 1)]
