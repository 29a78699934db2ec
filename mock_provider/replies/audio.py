"""Spoken answers: the text as transcript, and a moment of silence as the sound.  Pure."""

from __future__ import annotations

import base64
import struct
from functools import lru_cache
from typing import Any

import msgspec

from mock_provider.replies.refusals import refuse, refuse_missing, refuse_type, refuse_value

FORMATS = ("wav", "aac", "mp3", "flac", "opus", "pcm16")
LIFETIME_S = 3600
_RATE = 24_000  # samples a second, of two bytes
_SILENCE = bytes(2 * _RATE // 20)
_PCM = 1
_encode = msgspec.json.encode


def speaks(request: dict[str, Any]) -> bool:
    """Whether the answer is to be spoken."""
    return "audio" in (request.get("modalities") or ())


def check_audio(request: dict[str, Any]) -> None:
    """Refuse sound that no model gives.  Those that speak have it in their names."""
    if not speaks(request):
        return
    if "audio" not in str(request.get("model")):
        refuse(
            "Invalid value: 'audio'. This model answers in text only; ask for modalities ['text'], or a model such as"
            " gpt-4o-audio-preview.",
            "modalities",
            "unsupported_value",
        )
    wanted = request.get("audio")
    if wanted is None:
        refuse_missing("audio")
    if not isinstance(wanted, dict):
        refuse_type("audio", "an object", wanted)
    for key in ("voice", "format"):
        if wanted.get(key) is None:
            refuse_missing(f"audio.{key}")
    if wanted["format"] not in FORMATS:
        refuse_value("audio.format", wanted["format"], FORMATS)


def make_audio(request: dict[str, Any], token: bytes, index: int, created: int) -> dict[str, Any]:
    """Of one choice, but for its transcript."""
    return {
        "id": f"audio_{token.decode()}{index:02x}",
        "data": _encode_silence(str(request["audio"]["format"])),
        "expires_at": created + LIFETIME_S,
    }


def speak(request: dict[str, Any], token: bytes, index: int, created: int, transcript: str) -> bytes:
    """Of one choice, as JSON."""
    return _encode({**make_audio(request, token, index, created), "transcript": transcript})


@lru_cache(maxsize=len(FORMATS))
def _encode_silence(form: str) -> str:
    """As WAV, or without its head: nothing is compressed here, whatever was asked for."""
    sound = _SILENCE if form == "pcm16" else _wav_head(len(_SILENCE)) + _SILENCE
    return base64.b64encode(sound).decode()


def _wav_head(size: int) -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, _RATE, 2 * _RATE, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
