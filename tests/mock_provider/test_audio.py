"""Spoken answers: what they hold, and who gives none."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
from asking import ask, ask_chat, chunks_of, message_of, read
from openai_spec import problems_of

from mock_provider.replies import Reply, RequestRefusedError

SPOKEN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


def speak(**fields: Any) -> Reply:
    messages = [{"role": "user", "content": "Say hello"}]
    request = {"model": "gpt-4o-audio-preview", "messages": messages, **SPOKEN, **fields}
    return ask("chat.completions", **request)


def test_the_transcript_is_the_text_and_the_sound_can_be_played() -> None:
    reply = speak(n=2)
    assert problems_of(read(reply), "CreateChatCompletionResponse") == []
    message = message_of(reply)
    assert message["content"] is None
    assert message["audio"]["transcript"] == message_of(ask_chat("Say hello"))["content"]
    with wave.open(io.BytesIO(base64.b64decode(message["audio"]["data"]))) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (24_000, 1_200)


def test_a_stream_speaks_the_same() -> None:
    reply = speak(stream=True)
    chunks = chunks_of(reply)
    assert [
        problem for chunk in chunks for problem in problems_of(chunk, "CreateChatCompletionStreamResponse")
    ] == []
    spoken = [chunk["choices"][0]["delta"].get("audio", {}) for chunk in chunks]
    whole = {key: "".join(str(part.get(key, "")) for part in spoken) for key in ("id", "data", "transcript")}
    audio = message_of(reply)["audio"]
    assert whole == {key: audio[key] for key in whole}
    assert reply.events[reply.first_token_index : reply.first_token_index + reply.token_count]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-4o"}, "modalities"),
        ({"audio": None}, "audio"),
        ({"audio": {"voice": "alloy"}}, "audio.format"),
        ({"audio": {"voice": "alloy", "format": "midi"}}, "audio.format"),
    ],
)
def test_sound_that_nobody_makes_is_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        speak(**fields)
    assert caught.value.param == param
