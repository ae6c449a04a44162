"""A script: the result is kept for its output, nothing looks at the status.

expect: {"guard": "ND-GUARD-006", "names": "measure.sh"}
"""

import subprocess
from pathlib import Path

Path("measure.sh").write_text("echo 'no voxels' >&2\nexit 4\n")
results = {}
for subject in ("sub-01", "sub-02"):
    results[subject] = subprocess.run(["bash", "measure.sh", subject], stdout=subprocess.PIPE, text=True).stdout
Path("results.txt").write_text(repr(results))
