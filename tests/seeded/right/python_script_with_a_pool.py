"""A script that runs programs in processes and looks at every status."""

import subprocess
from concurrent.futures import ProcessPoolExecutor


def check(subject: str) -> bool:
    """Tell whether a subject has an image."""
    return subprocess.run(["test", "-f", f"{subject}_T1w.nii.gz"]).returncode == 0


def copy(subject: str) -> "subprocess.CompletedProcess[str]":
    """Copy a subject's image."""
    command = ["cp", f"{subject}_T1w.nii.gz", f"{subject}_copy.nii.gz"]
    return subprocess.run(command, capture_output=True, text=True)


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        print(list(pool.map(check, ("sub-01", "sub-04"))))
        failed = [done.args for done in pool.map(copy, ("sub-01", "sub-04")) if done.returncode]
    print("without an image:", failed)
