"""Which folders the user's code was loaded from.  Runs in the target, when it begins to serve.

Whoever compares two versions must know that each ran its own code: an editable install of the user's package, say,
leads every tree to one place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from harness.children import Ready
from harness.target.frames import FrameReader

MOST_FOLDERS = 200


def with_loaded_code(ready: Ready, frames: FrameReader) -> Ready:
    """The announcement with ``loaded_from`` in its data; a failure stays as it is."""
    if ready.failure is not None:
        return ready
    return msgspec.structs.replace(ready, data=ready.data | {"loaded_from": find_user_folders(frames)})


def find_user_folders(frames: FrameReader) -> list[str]:
    """Folders of the loaded modules that are the user's, links followed."""
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    folders = {str(Path(file).resolve().parent) for file in files if file and frames.is_user(file)}
    return sorted(folders)[:MOST_FOLDERS]
