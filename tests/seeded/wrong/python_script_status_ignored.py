"""A script: `os.system` returns a status that nobody looks at, and `bet` is not even there.

expect: {"guard": "ND-GUARD-005", "names": "bet", "check": {"code": "ND-CHECK-201", "line": 10}}
"""

import os
from pathlib import Path

for subject in ("sub-01", "sub-02"):
    os.system(f"bet {subject}_T1w.nii.gz {subject}_brain.nii.gz")
Path("done.txt").write_text("all brains extracted\n")
