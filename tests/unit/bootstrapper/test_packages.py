"""What an image has is left as it is."""

from __future__ import annotations

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.packages import ensure, missing, versions


def test_packages_of_the_image_are_neither_replaced_nor_asked_for() -> None:
    before = versions()
    ensure(["papermill"], Log())
    assert versions() == before
    assert missing(["papermill", "no_such_package_at_all"]) == ["no_such_package_at_all"]
