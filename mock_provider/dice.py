"""Chance that can be replayed.  Pure: the same seed, rule and ordinal give the same number, whatever came before."""

from __future__ import annotations

import hashlib

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_GOLDEN = 0x9E37_79B9_7F4A_7C15


class Dice:
    """A number in [0, 1) for every ordinal.  The numbers of two rules have nothing to do with each other."""

    __slots__ = ("_base",)

    def __init__(self, seed: int, rule: str) -> None:
        digest = hashlib.blake2b(f"{seed}:{rule}".encode(), digest_size=8).digest()
        self._base = int.from_bytes(digest, "big")

    def bits(self, ordinal: int) -> int:
        """64 well mixed bits (splitmix64)."""
        x = (self._base + (ordinal + 1) * _GOLDEN) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        return x ^ (x >> 31)

    def roll(self, ordinal: int) -> float:
        return (self.bits(ordinal) >> 11) / (1 << 53)
