from __future__ import annotations

import asyncio
from typing import Any

from conftest import Bench

WORK = "def work():\n    import time\n    time.sleep(0.01)\n"


def test_a_librarys_work_in_a_thread_is_known_by_the_line_that_asked_for_it(bench: Bench) -> None:
    space: dict[str, Any] = {}
    exec(compile(WORK, "/opt/lib/site-packages/somelib/core.py", "exec"), space)

    async def ask() -> None:
        await asyncio.to_thread(space["work"])

    bench.run(ask)
    (run,) = bench.spans("thread_run")
    assert bench.function_at(run.site).endswith("ask")
