"""What an image has is left as it is, and recorded."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.packages import digest, ensure, installed, missing


def test_packages_of_the_image_are_neither_replaced_nor_asked_for() -> None:
    before = installed()
    ensure(["papermill"], Log())
    assert installed() == before
    assert missing(["papermill", "no_such_package_at_all"]) == ["no_such_package_at_all"]


def test_what_is_installed_is_what_importlib_says_in_the_order_of_names() -> None:
    said = {
        re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
        for found in reversed(list(metadata.distributions()))
    }
    assert installed() == said
    assert list(installed()) == sorted(said)


def test_the_first_directory_that_has_a_package_counts(tmp_path: Path) -> None:
    for name in ("new/Some_Pkg-2.0.dist-info", "old/some.pkg-1.0.dist-info", "old/egg-3.1-py3.10.egg-info"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "old/not-a-package").mkdir()
    path = [str(tmp_path / name) for name in ("new", "missing", "old")]
    assert installed(path) == {"egg": "3.1", "some-pkg": "2.0"}


def test_the_digest_is_that_of_the_sorted_list() -> None:
    # printf 'a==2\nb==1\n' | sha256sum
    assert digest({"b": "1", "a": "2"}) == (
        "7e091ffe9302d75a95106b415a7753e7e46c4a0b6e49af050664c0b33ce32424"
    )
    assert digest({"a": "1"}) != digest({"a": "2"})
