"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# continuous integration tries the same examples every time; at a desk each run tries new ones
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
