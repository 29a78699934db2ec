"""A target says which folders its user's code came from."""

from __future__ import annotations

from pathlib import Path

from target_process import StartTarget


def test_folders_of_user_code_are_announced_and_no_others(start_target: StartTarget, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "helper.py").write_text("WORD = 'hello'\n")
    target = start_target(
        f"""
        import sys

        sys.path.append({str(library)!r})
        from helper import WORD
        from langchain_core.runnables import RunnableLambda

        chain = RunnableLambda(lambda text: WORD)
        """,
        input_json='"x"',
    )
    assert target.ready is not None
    assert target.ready.data["loaded_from"] == [str(library), str(tmp_path / "project")]
