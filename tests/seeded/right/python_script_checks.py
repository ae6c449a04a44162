"""A script that looks at every status."""

import os
import subprocess
from pathlib import Path

done = subprocess.run(["grep", "-q", "sub-99", "participants.tsv"])
if done.returncode:
    Path("answer.txt").write_text("sub-99 is not in the study\n")
if os.system("test -f sub-04_T1w.nii.gz"):
    print("sub-04 has no image")
print(subprocess.check_output(["cut", "-f1", "participants.tsv"], text=True))
