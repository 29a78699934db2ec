"""What is planted in each scenario beside its cause: the place that must be named, the saturation point.  Pure.

A scenario is listed here when it has more to check than its cause.  The place is given as names and code, never as a
line number, so that a chain may be edited freely.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the verdict on a scenario's broken chain must say, and what it may say of the chain put right."""

    functions: tuple[str, ...] = ()  # any of them; empty: the place is outside of functions, or there is none
    code: str = ""  # part of the line that is named
    file: str | None = None  # of the place, below scenarios/chains; None: the target's own
    is_placed: bool = True  # whether there is a line of the user's to name
    users: float | None = None  # saturation point by the capacity law; None: there is none, or no exact one
    is_faster_fixed: bool = True  # what is wrong at any load need not cost throughput
    fixed_limits: tuple[str, ...] = ()  # causes that rightly limit the chain put right, or a healthy one


EXPECTED: dict[str, Expected] = {
    # One call of 200 ms on the loop, one beside it: 5 a second, 0.4 s each.
    "blocking_call": Expected(functions=("refuse_or_pass_blocking",), code="judge.invoke(", users=2.0),
    # 150 ms of 350 ms on the loop.
    "blocking_driver": Expected(functions=("_execute",), code="time.sleep(", users=2.3),
    "blocking_stream": Expected(functions=("tokens_blocking",), code="chain.stream(", users=1.0),
    # A machine of another speed saturates elsewhere.
    "cpu_heavy_parser": Expected(functions=("close_to", "<listcomp>", "parse"), code=""),
    "cpu_on_loop": Expected(functions=("rank_anew", "<lambda>", "count_words"), code=""),
    # 6 threads on two cores, so the saturation point depends on the machine.
    "default_executor": Expected(functions=("search",), code="time.sleep("),
    "abandoned_threads": Expected(functions=("count_blocking",), code="time.sleep("),
    # 40 threads, each held for the whole request.
    "endpoint_threads": Expected(functions=("reply_in_thread",), code="chain.invoke(", users=40.0),
    # 3 threads / 0.3 s of 0.5 s.
    "own_thread_pool": Expected(functions=("ask_haulier",), code="time.sleep(", users=5.0),
    "nested_pool": Expected(functions=("review_contract", "<genexpr>"), code="result()"),
    "bridged_deadlock": Expected(functions=("explain_from_thread",), code="result()"),
    "small_http_pool": Expected(functions=("make_chain",), code="max_connections", users=4.0),
    "database_pool": Expected(functions=("open_database", "sum_up_holding"), users=3.0),
    "leaked_connections": Expected(functions=("headline_leaving", "first_words", "__init__")),
    "small_semaphore": Expected(functions=("limited",), code="async with permits", users=3.0),
    "locked_memory": Expected(functions=("reply",), code="async with self.lock_of", users=1.0),
    "few_workers": Expected(functions=("sort",), code="await job[1]", users=2.0),
    "thread_lock": Expected(functions=("correct",), code="with self._guard", users=1.0),
    # 10 a second, 0.2 s each.
    "own_rate_limiter": Expected(functions=("make_chain",), code="InMemoryRateLimiter(", users=2.0),
    "rate_limited": Expected(is_placed=False),
    # Its twin needs a third of the calls, and is refused in the end as well.
    "retry_storm": Expected(is_placed=False, fixed_limits=("provider_rate_limited",)),
    # 6 places / 0.25 s for each of two calls in turn.
    "provider_capacity": Expected(is_placed=False, users=6.0, fixed_limits=("provider_slow",)),
    "unbounded_map": Expected(
        functions=("digest_all_at_once",), code="sum_up.abatch(", fixed_limits=("provider_rate_limited",)
    ),
    "graph_fan_out": Expected(
        functions=("spread", "read"), fixed_limits=("provider_rate_limited", "unbounded_fan_out")
    ),
    "hung_tool": Expected(functions=("ask", "order_status"), code="await", is_faster_fixed=False),
    "hung_provider": Expected(functions=("draft_letter",), code="chain.ainvoke(", is_faster_fixed=False),
    # Its steps are LangChain's, and what repeats is a tool.
    "runaway_agent": Expected(is_placed=False),
    "runaway_refinement": Expected(functions=("refine",)),
    "slow_token_handler": Expected(functions=("on_llm_new_token", "save")),
    "slow_consumer": Expected(functions=("speak_each_token", "speak")),
    "shared_request": Expected(functions=("understand", "find"), is_faster_fixed=False),
    "one_history": Expected(is_placed=False, is_faster_fixed=False),
    "endless_history": Expected(is_placed=False),
    "endless_thread": Expected(is_placed=False),
    "loop_per_request": Expected(functions=("explain_in_new_loop",), code="asyncio.run("),
    "forgotten_await": Expected(
        functions=("answer_unlogged",), code="self.note(question)", is_faster_fixed=False
    ),
    "nested_loop": Expected(functions=("define_in_cell",), code="run_until_complete(", is_faster_fixed=False),
    "client_per_request": Expected(functions=("make_model",), code="ChatOpenAI("),
}
