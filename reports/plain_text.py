"""Foreign text made safe to show: error messages, file names, stacks.  Pure; HTML is escaped by the templates.

A terminal must not obey what a chain raised, and a page must not show it in another order than it is written.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_LINE = 300
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (bidirectional overrides), surrogates, line separators
_MARKDOWN = re.compile(r"[\\`*_\[\]<>#|~@&$]|https?(?=://)|www(?=\.)")


def clean_text(text: str) -> str:
    """The text without anything that steers a terminal or a browser; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"


def fold(text: str) -> str:
    """The whole text, clean, on one line."""
    return clean_text(" ".join(text.split()))


def one_line(text: str, *, longest: int = LONGEST_LINE) -> str:
    """The text on one line, clean, shortened in the middle where the least is lost."""
    line = fold(text)
    if len(line) <= longest:
        return line
    tail = longest // 3
    return f"{line[: longest - tail - 1]}…{line[len(line) - tail :]}"


def escape_markdown(text: str) -> str:
    """One line of text that Markdown shows as it is written: no markup, no mention, no link."""
    return _escape_part(fold(text))


def _defuse(marked: str) -> str:
    if marked == "@":
        return "@\u200b"  # a mention needs its name right after it; a backslash does not help on GitHub
    return f"\\{marked}" if len(marked) == 1 else f"{marked}\u200b"


def split_code(text: str) -> list[tuple[str, bool]]:
    """The parts of a text and whether each is code, which our sentences put between backticks; no part is empty."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner is only a backtick
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def markdown_prose(text: str) -> str:
    """A text with its code parts as code spans, and nothing else as markup."""
    return "".join(
        markdown_code(part) if is_code else _escape_part(part) for part, is_code in split_code(fold(text))
    )


def _escape_part(text: str) -> str:
    return _MARKDOWN.sub(lambda match: _defuse(match[0]), text)


def markdown_code(text: str) -> str:
    """One line as a code span; its fence is longer than any run of backticks inside."""
    line = one_line(text)
    fence = "`" * (max(map(len, re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
