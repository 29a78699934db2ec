from __future__ import annotations

import pytest

from harness.redaction import MOCK_API_KEY, REDACTED, Redactor


def test_values_of_secret_variables_are_removed() -> None:
    redact = Redactor({"MY_API_KEY": "hunter2hunter2", "DB_PASSWORD": "p4ssw0rd!", "HOME": "/somewhere/else"})
    assert (
        redact("x hunter2hunter2 y p4ssw0rd! /somewhere/else") == f"x {REDACTED} y {REDACTED} /somewhere/else"
    )


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnopqrstuvwxyz0123",
        "sk-ant-api03-abcdefghijklmnopqrst",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAABCDEFGHIJKLMNOP",
        "lsv2_pt_0123456789abcdef0123456789abcdef_0123456789",
    ],
)
def test_things_shaped_like_keys_are_removed(secret: str) -> None:
    redacted = Redactor({})(f"Incorrect API key provided: {secret}.")
    assert secret not in redacted
    assert REDACTED in redacted


def test_credentials_in_urls_and_bearer_headers_are_removed() -> None:
    redact = Redactor({})
    assert redact("postgres://bob:s3cret@db/x") == f"postgres://{REDACTED}@db/x"
    assert redact("Authorization: Bearer abcdefghijklmnop1234") == f"Authorization: Bearer {REDACTED}"


def test_the_key_we_hand_out_and_short_values_are_no_secrets() -> None:
    redact = Redactor({"OPENAI_API_KEY": MOCK_API_KEY, "X_TOKEN": "yes"})
    assert redact(f"{MOCK_API_KEY} yes") == f"{MOCK_API_KEY} yes"


def test_ordinary_text_is_unchanged() -> None:
    text = "task-force risk-averse sk-short http://127.0.0.1:80/v1 a@b.c"
    assert Redactor({})(text) == text
