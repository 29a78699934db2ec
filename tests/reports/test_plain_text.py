import pytest

from reports.plain_text import (
    clean_text,
    escape_markdown,
    markdown_code,
    markdown_prose,
    one_line,
    split_code,
)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("safe\u202eevil", "safe\\u202eevil"),
        ("a\x00b\x9bc", "a\\x00b\\x9bc"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("größe 日本", "größe 日本"),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
    ],
)
def test_text_that_steers_is_shown_not_obeyed(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


def test_a_long_line_loses_its_middle() -> None:
    line = one_line("start " + "x" * 500 + " end", longest=60)
    assert len(line) == 60
    assert line.startswith("start")
    assert line.endswith(" end")


def test_lines_become_one() -> None:
    assert one_line("a\n  b\r\nc") == "a b c"


def test_markdown_makes_no_markup_of_foreign_text() -> None:
    escaped = escape_markdown("<script> [x](http://evil) `code` *bold* #1 www.evil.com")
    assert r"\<script\>" in escaped
    assert r"\[x\](http" in escaped
    assert "http://" not in escaped
    assert "www." not in escaped
    assert r"\*bold\*" in escaped


def test_markdown_mentions_nobody() -> None:
    assert "@someone" not in escape_markdown("thanks @someone")


@pytest.mark.parametrize(("text", "span"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a`", "`` `a` ``")])
def test_a_code_span_has_a_fence_longer_than_what_it_holds(text: str, span: str) -> None:
    assert markdown_code(text) == span


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("give `f` a time-out", [("give ", False), ("f", True), (" a time-out", False)]),
        ("`f`", [("f", True)]),
        ("it's a ` alone", [("it's a ` alone", False)]),
        ("`a` and ` alone", [("a", True), (" and ` alone", False)]),
        ("", []),
    ],
)
def test_code_is_what_stands_between_two_backticks(text: str, parts: list[tuple[str, bool]]) -> None:
    assert split_code(text) == parts


def test_prose_keeps_its_code_and_nothing_else_as_markup() -> None:
    assert markdown_prose("use `a*b` or *bold* <b>") == r"use `a*b` or \*bold\* \<b\>"
