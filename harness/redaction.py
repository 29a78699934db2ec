"""Keeps secrets out of everything that is written down.  Core: pure, but for reading the environment once.

Two nets: the values of environment variables whose names say they are secret, and the shapes that keys have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

REDACTED = "[redacted]"
MOCK_API_KEY = "chainload-mock-key"  # what the target gets instead of a real key; not a secret
SHORTEST_SECRET = 8  # shorter values would blank out ordinary words

_SECRET_NAME = re.compile(r"(API_?KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY)$", re.IGNORECASE)
_SECRET_SHAPE = re.compile(
    r"""
      sk-[A-Za-z0-9_-]{16,}                         # OpenAI, Anthropic and those that copy them
    | (?:ghp|gho|ghs|ghu)_[A-Za-z0-9]{30,}          # GitHub
    | github_pat_[A-Za-z0-9_]{30,}
    | ls(?:v2|__)_?[A-Za-z]*_[A-Za-z0-9_]{24,}      # LangSmith
    | AKIA[0-9A-Z]{16}                              # AWS
    | AIza[0-9A-Za-z_-]{30,}                        # Google
    | xox[abpr]-[A-Za-z0-9-]{20,}                   # Slack
    | (?<=Bearer\ )[A-Za-z0-9._~+/=-]{16,}
    | (?<=://)[^/\s:@"']+:[^/\s@"']+(?=@)           # user:password in a URL
    """,
    re.VERBOSE,
)
# One of these is in every match.  Most text has none, and looking for them takes a tenth of what the pattern takes.
_MARKS = (
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "lsv2",
    "ls__",
    "AKIA",
    "AIza",
    "xox",
    "Bearer ",
    "://",
)


class Redactor:
    """Replaces secrets in text.  Build one for each process, from its environment."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        values = {
            value
            for name, value in (os.environ if environment is None else environment).items()
            if _SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET and value != MOCK_API_KEY
        }
        self._known = (
            re.compile("|".join(map(re.escape, sorted(values, key=len, reverse=True)))) if values else None
        )

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by ``[redacted]``."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        is_suspect = any(mark in text for mark in _MARKS)
        return _SECRET_SHAPE.sub(REDACTED, text) if is_suspect else text
