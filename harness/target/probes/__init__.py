"""What is measured inside the target, one small file a probe.  Adding one is a file and a line in this table."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from harness.target.frames import FrameReader
from harness.target.probes.anyio_sync import AnyioSyncProbe
from harness.target.probes.anyio_threads import AnyioThreadsProbe
from harness.target.probes.asyncio_queues import AsyncioQueuesProbe
from harness.target.probes.asyncio_sync import AsyncioSyncProbe
from harness.target.probes.await_chains import AwaitChainsProbe
from harness.target.probes.constructions import ConstructionsProbe
from harness.target.probes.db_pools import DbPoolsProbe
from harness.target.probes.executor import ExecutorProbe
from harness.target.probes.http_pools import HttpPoolsProbe
from harness.target.probes.kept_state import KeptStateProbe
from harness.target.probes.late_stacks import LateStacksProbe
from harness.target.probes.loop import LoopProbe
from harness.target.probes.loop_errors import LoopErrorsProbe
from harness.target.probes.multiprocessing_threads import MultiprocessingThreadsProbe
from harness.target.probes.other_clients import AiohttpProbe, Urllib3Probe
from harness.target.probes.probe import Probe
from harness.target.probes.process_readings import ProcessProbe
from harness.target.probes.rate_limiter import RateLimiterProbe
from harness.target.probes.retries import OpenAIRetriesProbe, TenacityProbe
from harness.target.probes.run_tree import RunTreeProbe
from harness.target.probes.sleeps import SleepProbe
from harness.target.probes.tasks import TasksProbe
from harness.target.probes.thread_stacks import ThreadStacksProbe
from harness.target.probes.thread_sync import ThreadSyncProbe
from harness.target.probes.threads import ThreadsProbe
from harness.target.probes.token_callbacks import TokenCallbacksProbe


def all_probes(frames: FrameReader, *, hidden_pool: type[ThreadPoolExecutor] | None = None) -> list[Probe]:
    """A new one of each, in the order in which they are installed.  hidden_pool: the host's own threads."""
    return [
        LoopProbe(),
        LateStacksProbe(frames),
        ProcessProbe(),
        ExecutorProbe(hidden=hidden_pool),
        MultiprocessingThreadsProbe(),
        AnyioThreadsProbe(),
        ThreadsProbe(),
        ThreadStacksProbe(),
        HttpPoolsProbe("httpcore"),
        HttpPoolsProbe("httpcore2"),
        Urllib3Probe(),
        AiohttpProbe(),
        DbPoolsProbe(),
        AsyncioSyncProbe(),
        AsyncioQueuesProbe(),
        AnyioSyncProbe(),
        ThreadSyncProbe(),
        SleepProbe(),
        OpenAIRetriesProbe(),
        TenacityProbe(),
        RateLimiterProbe(),
        RunTreeProbe(),
        TokenCallbacksProbe(),
        ConstructionsProbe(),
        LoopErrorsProbe(),
        TasksProbe(),
        AwaitChainsProbe(),
        KeptStateProbe(frames),
    ]
