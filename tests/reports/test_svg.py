import re

from reports.plots.canvas import NARROW, WIDE, add_panel, new_figure
from reports.plots.palette import BAD, CSS_NAMES, INK
from reports.plots.svg import render_svg

HOSTILE = "<script>alert('x')</script> & ]]> $x_1$ \"quoted\""


def drawn(label: str = "p95", *, name: str = "chart", title: str = "A title") -> str:
    with new_figure(WIDE) as figure:
        axes = add_panel(figure, WIDE)
        axes.plot([1, 2, 3], [1, 4, 9], color=BAD, marker="o")
        axes.text(2, 4, label, color=INK)
        return render_svg(figure, name=name, title=title, description=title)


def test_foreign_text_stays_text() -> None:
    for svg in (drawn(HOSTILE), drawn(title=HOSTILE)):
        assert "<script" not in svg
        assert "&lt;script&gt;alert('x')&lt;/script&gt; &amp;" in svg
        assert "$x_1$" in svg


def test_letters_unknown_to_the_layout_font_are_left_to_the_browser() -> None:
    assert "日本語 🦜" in drawn("日本語 🦜")


def test_colours_are_left_to_the_page() -> None:
    svg = drawn()
    assert not re.search(r"#[0-9a-f]{6}", svg)
    names = set(re.findall(r"var\(--([a-z]+?)(?:-text)?\)", svg))
    assert names <= set(CSS_NAMES.values())
    assert "var(--ink-text)" in svg


def test_ids_are_unique_to_the_picture() -> None:
    first, second = drawn(name="one"), drawn(name="two")
    ids = re.findall(r'\bid="([^"]+)"', first)
    assert ids
    assert len(ids) == len(set(ids))
    assert all(name.startswith("one-") for name in ids)
    assert not set(ids) & set(re.findall(r'\bid="([^"]+)"', second))
    referred = set(re.findall(r'(?:href="#|url\(#)([^")]+)', first))
    assert referred <= set(ids)


def test_screen_readers_get_title_and_numbers() -> None:
    svg = drawn(name="one", title="It grows")
    assert svg.startswith('<svg role="img"')
    assert 'aria-labelledby="one-title" aria-describedby="one-desc"' in svg
    assert '<title id="one-title">It grows</title><desc id="one-desc">It grows</desc>' in svg


def test_nothing_in_it_reaches_beyond_it() -> None:
    svg = drawn()
    for part in ("<style", "<metadata", "<!DOCTYPE", "http://", "https://", "<?xml"):
        assert part not in svg


def test_the_same_figure_is_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_text_fits_the_narrow_screen_at_its_natural_size() -> None:
    assert NARROW.width <= 360
    assert NARROW.font_size >= 12
