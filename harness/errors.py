"""What can go wrong, and the exit code each problem ends in.  Core: standard library only.

ChainloadError
├── BadInputError            2   the user's input; nothing was run
├── TargetError              4   the chain under test failed to start, or died
├── ProviderError            4   the mock provider failed to start, or died
├── LoadError                4   the load generator failed to start, or died
└── RunDirectoryError        2   a run directory that cannot be written, or read
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """Exit codes of every command.  Public: scripts depend on them."""

    OK = 0
    GATE_FAILED = 1
    BAD_INPUT = 2
    UNDECIDED = 3
    FAILED_TO_RUN = 4
    LOAD_GENERATOR_LIMIT = 5
    INTERRUPTED = 130


class ChainloadError(Exception):
    """A problem with words for the user: what was seen, what is allowed, what to do next."""

    exit_code: ExitCode = ExitCode.FAILED_TO_RUN


class BadInputError(ChainloadError):
    """The user's input cannot be used; the message lists every problem found, one a line."""

    exit_code = ExitCode.BAD_INPUT


class TargetError(ChainloadError):
    """The chain under test could not be loaded or served, or its process died."""


class ProviderError(ChainloadError):
    """The mock provider could not be started, or its process died."""


class LoadError(ChainloadError):
    """The load generator could not be started, or its process died."""


class RunDirectoryError(ChainloadError):
    """A run directory cannot be created, written or read."""

    exit_code = ExitCode.BAD_INPUT
