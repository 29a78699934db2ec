"""Where the time of invocations goes, and which part of it grows with load.  Pure; judged by ``reports.causes``.

recording   probes.jsonl, read with bounded memory
timeline    one invocation, split into exclusive states
busy_loop   what the event loop did while an invocation could not go on
breakdown   states per step: means, the slowest, holders
growth      the low step subtracted from the high one; waits explained by what held the resource
capacity    the capacity law
"""
