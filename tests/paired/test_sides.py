"""Base and head as trees: worktrees that come and go, and input that cannot be used."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from git_repository import git, make_repository, worktrees

from harness.errors import BadInputError
from harness.paired.sides import Side, current_side, find_differences, open_sides, python_path

CHAIN = {"chain.py": "VERSION = 1\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", CHAIN)


def test_a_ref_is_a_worktree_of_what_was_committed_and_goes_again(repository: Path) -> None:
    (repository / "chain.py").write_text("VERSION = 2\n")
    with open_sides("main", ".", here=current_side(repository)) as (base, head):
        assert (base.folder / "chain.py").read_text() == "VERSION = 1\n"
        assert (head.folder / "chain.py").read_text() == "VERSION = 2\n"
        assert base.label.startswith("main (")
        assert len(worktrees(repository)) == 2
    assert worktrees(repository) == [str(repository)]
    assert not base.root.parent.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_the_worktree_goes_whatever_ends_its_use(repository: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), open_sides("main", ".", here=current_side(repository)):
        raise error
    assert worktrees(repository) == [str(repository)]


def test_a_subfolder_stays_the_same_subfolder(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "project", {"app/chain.py": ""})
    with open_sides("HEAD", ".", here=current_side(repository / "app")) as (base, head):
        assert base.folder == base.root / "app"
        assert head.root == repository
        assert base.place_of(repository / "app" / "chain.py", head) == base.root / "app" / "chain.py"


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    with open_sides("../old", ".", here=current_side(tmp_path / "new")) as (base, head):
        assert base.root == tmp_path / "old"
        assert head.folder == tmp_path / "new"


def refuse(base: str, head: str, here: Path) -> str:
    with pytest.raises(BadInputError) as refused, open_sides(base, head, here=current_side(here)):
        pass
    return str(refused.value)


def test_an_unknown_ref_is_refused_with_what_to_do(repository: Path) -> None:
    words = refuse("no-such-branch", ".", repository)
    assert "'no-such-branch'" in words
    assert "origin/no-such-branch" in words


def test_an_option_cannot_be_smuggled_in_as_a_ref(repository: Path) -> None:
    assert "git knows no such commit" in refuse("--help", ".", repository)


def test_a_shallow_clone_says_how_to_fetch_base(repository: Path, tmp_path: Path) -> None:
    (repository / "more.py").touch()
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=second")
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), "clone")
    assert "shallow" in refuse("origin/main~1", ".", tmp_path / "clone")


def test_outside_of_a_repository_a_ref_means_nothing(tmp_path: Path) -> None:
    assert "no git repository" in refuse("main", ".", tmp_path)


def test_a_head_that_lacks_the_changes_at_hand_is_refused(repository: Path) -> None:
    (repository / "chain.py").write_text("VERSION = 2\n")
    words = refuse("main", "HEAD", repository)
    assert "chain.py" in words
    assert "--head ." in words


def test_base_with_itself_does_not_mind_changes_at_hand(repository: Path) -> None:
    (repository / "chain.py").write_text("VERSION = 2\n")
    with open_sides("HEAD", "HEAD", here=current_side(repository)) as (base, head):
        assert base.commit == head.commit
        assert base.root != head.root


def test_a_folder_that_base_has_not_is_refused(repository: Path) -> None:
    (repository / "new").mkdir()
    assert "no folder new" in refuse("main", ".", repository / "new")


def side(root: Path) -> Side:
    return Side(label=root.name, root=root, folder=root, commit=None, is_commit=False)


def test_changed_dependencies_are_told(tmp_path: Path) -> None:
    for name, pin in (("old", "1"), ("new", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "requirements.txt").write_text(f"langchain=={pin}\n")
        (tmp_path / name / "pyproject.toml").write_text(f'[project]\nversion = "{pin}"\ndependencies = []\n')
    (words,) = find_differences(side(tmp_path / "old"), side(tmp_path / "new"))
    assert words.startswith("requirements.txt differ")
    assert "pyproject" not in words
    assert find_differences(side(tmp_path / "old"), side(tmp_path / "old")) == []


def test_what_leads_python_into_head_leads_it_into_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the path file of an editable install does, which puts a folder on sys.path."""
    for name in ("old", "new"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "src").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "new" / "lib")])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(tmp_path / "new")]))
    found = python_path(side(tmp_path / "old"), original=side(tmp_path / "new")).split(os.pathsep)
    old = tmp_path / "old"
    assert found == [str(old / "src"), str(old), str(old / "lib"), str(tmp_path)]


def test_a_tree_with_a_package_named_as_ours_is_not_put_first(tmp_path: Path) -> None:
    (tmp_path / "src" / "harness").mkdir(parents=True)
    assert str(tmp_path / "src") not in python_path(side(tmp_path), original=side(tmp_path))
