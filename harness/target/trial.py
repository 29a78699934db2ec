"""One call before the load, when the input was guessed: does the chain take it at all?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from harness.target.guess import Guess
from harness.target.http import Exchange, Message
from harness.target.invocation import InvocationBook, OpenInvocation
from harness.target.lifecycle import Lifecycle, first_line

TRIAL_S = 10.0
MISFITS = (
    KeyError,
    IndexError,
    TypeError,
    ValueError,
    AttributeError,
)  # pydantic's ValidationError is a ValueError
CALLERS = (
    "openai",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "anthropic",
    "requests",
    "urllib3",
    "aiohttp",
)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How the call went."""

    guess: Guess
    error: BaseException | None = None
    ended: bool = True
    called_provider: bool = False

    @property
    def shows_misfit(self) -> bool:
        """Whether the error says that the input is not what the chain takes.

        Once the provider was called the input has been read; what fails after that is about the answer.
        """
        error = self.error
        if error is None or type(error).__module__.partition(".")[0] in CALLERS:
            return False
        if "missing variables" in str(error):
            return True
        is_misfit = isinstance(error, MISFITS) or type(error).__name__ == "EmptyInputError"
        return is_misfit and not self.called_provider


async def try_call(
    book: InvocationBook,
    lifecycle: Lifecycle,
    call: Callable[[OpenInvocation, Exchange], Awaitable[bytes]],
    guess: Guess,
) -> Trial:
    """Call once, bounded; a call that takes longer is cut off, which is no error."""
    errors: list[BaseException] = []
    invocation = book.open({})
    exchange = Exchange(_nowhere)

    async def work() -> bytes:
        try:
            return await call(invocation, exchange)
        except BaseException as error:
            errors.append(error)
            raise

    task = lifecycle.start(invocation, exchange, work)
    _, pending = await asyncio.wait({task}, timeout=TRIAL_S)
    called_provider = invocation.provider_calls > 0
    if pending:
        lifecycle.cut(invocation, "cancelled", f"the trial call was cut off after {TRIAL_S:g} s")
        return Trial(guess=guess, ended=False, called_provider=called_provider)
    return Trial(guess=guess, error=errors[0] if errors else None, called_provider=called_provider)


def words_for_misfit(trial: Trial) -> str:
    """What to tell the user when the guessed input does not fit."""
    said = first_line(trial.error) if trial.error is not None else "nothing"
    return (
        f"no input was given, so one was guessed from the chain's input schema: {trial.guess.shown}\n"
        f"the chain did not take it: {said}\n"
        "give what it takes with --input JSON, or --inputs FILE.jsonl or FILE.py:function"
    )


async def _nowhere(message: Message) -> None:
    """Nobody waits for the trial's answer."""
