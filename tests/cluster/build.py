"""Build what the tests of this folder start: ``python -m tests.cluster.build``, or `make cluster-tools`.

Exit status 0 as well where this machine cannot build it: the tests are skipped there, with the same reason.
"""

from __future__ import annotations

import sys

from tests.cluster import binaries
from tests.cluster.image import CannotBuildImage, build_images


def main() -> int:
    """Build what the cache has not, say how long it took, and return the exit status."""
    try:
        for group in binaries.build():
            took = f"built in {group.seconds:.0f} s" if group.seconds else "there already"
            print(f"{', '.join(group.names)}: {took}", flush=True)
        build_images()
    except (binaries.CannotBuild, CannotBuildImage) as reason:
        print(f"Not built: {reason}. The tests that need it are skipped on this machine.")
        return 0
    print(f"Cluster tools and images: {binaries.cache()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
