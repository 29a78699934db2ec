"""What may not stand in the repository's text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
INDEX_HOSTS = re.compile(r"https?://[^\s\"')]*(?:pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian)")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:root|home/\w+|work)/")


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split() or [str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py")]
    return [ROOT / name for name in names if (ROOT / name).suffix not in {".png", ".gz", ".svg"}]


def find(pattern: re.Pattern[str]) -> list[str]:
    hits = []
    for path in tracked_files():
        if not path.is_file() or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                hits.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return hits


def test_no_package_index_host_is_named() -> None:
    assert find(INDEX_HOSTS) == []


def test_no_path_of_one_machine_is_named() -> None:
    assert find(MACHINE_PATHS) == []
