"""A script whose threads run programs; `pool.map` returns their statuses to nobody.

expect: {"notes": "ND-GUARD-006", "cell": null, "names": "cp"}
"""

import os
from concurrent.futures import ThreadPoolExecutor

with ThreadPoolExecutor(2) as pool:
    pool.map(os.system, ["cp sub-01_T1w.nii.gz a.nii.gz", "cp sub-04_T1w.nii.gz b.nii.gz"])
print("copied")
