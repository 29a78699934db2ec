"""``python -m harness.target RUN_DIR [--port N]``: the process in which the user's chain runs.

Started by the load process with the environment of harness.target_environment, best with ``python -P``, so that a
user's own package named harness is not taken for ours.
"""

from __future__ import annotations

import os
import sys

from harness.target.process import main

if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads of the chain that never end must not keep the process
