"""What was found out lately, by what it was found from.  Pure; bounded."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Latest(dict[Key, Value]):
    """Holds so many; when there are more, begins anew: what is asked for often is soon back."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def remember(self, key: Key, value: Value) -> None:
        if len(self) >= self._most:
            self.clear()
        self[key] = value
