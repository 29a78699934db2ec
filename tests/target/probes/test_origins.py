from __future__ import annotations

import asyncio
import sys
from types import CodeType, FrameType
from typing import Any

from conftest import Bench

from harness.target.probes.origins import find_origin


def library_code(source: str, name: str) -> Any:
    """A function as if it came from an installed package."""
    space: dict[str, Any] = {"asyncio": asyncio}
    code: CodeType = compile(source, "/opt/lib/site-packages/somelib/core.py", "exec")
    exec(code, space)
    return space[name]


GATHER = library_code(
    "async def gather(*works):\n    return await asyncio.gather(*(work() for work in works))", "gather"
)
LOOK = library_code("async def look(find, frame):\n    return find(frame())", "look")


def own_frame() -> FrameType | None:
    return sys._getframe(1)  # of the library's function


def test_a_task_that_a_library_began_is_known_by_the_users_line(bench: Bench) -> None:
    found: list[int] = []

    async def work() -> None:
        found.append(await LOOK(lambda frame: find_origin(bench.probes.context.sites, None), own_frame))

    async def library_only() -> None:
        await LOOK(lambda frame: found.append(find_origin(bench.probes.context.sites, None)), own_frame)

    async def fan_out() -> None:
        await GATHER(work, library_only)  # the user's line

    bench.run(fan_out)
    assert {bench.function_at(site).rpartition(".")[2] for site in found} == {"fan_out"}


def test_outside_an_invocation_nothing_is_handed_down(bench: Bench) -> None:
    async def look() -> int:
        return find_origin(bench.probes.context.sites, None)

    async def main() -> int:
        return await asyncio.create_task(look())

    assert asyncio.run(main()) == -1
