"""Runtime images as Elyra's metadata (schema ``runtime-image``)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.errors import NeurodeskError

DATED = re.compile(r"\d{4}-\d{2}-\d{2}")


class NoDatedTags(NeurodeskError):
    """A registry has none of the tags that an image's catalog is made from."""

    code = "ND-IMAGES-002"
    hint = "Check --registry and --prefix."


@dataclass(frozen=True)
class Family:
    """Images of one name, one for each day.

    Attributes:
        name: last part of the images' name.
        title: beginning of the display name.
        description: what is in it.
        tags: for Elyra's filter.
    """

    name: str
    title: str
    description: str
    tags: tuple[str, ...]


FAMILIES = (
    Family(
        "neurodesktop",
        "Neurodesktop",
        "JupyterLab, papermill, R and apptainer with Lmod and Neurodesk's modules.",
        ("neurodesk", "jupyter"),
    ),
    Family(
        "neurocommand",
        "Neurocommand",
        "Lean: apptainer with Lmod and Neurodesk's modules on the command line, without Jupyter.",
        ("neurodesk", "lean"),
    ),
)


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        family: what it is.
        tag: a date, or ``latest``.
        digest: ``sha256:…``, "" where it is not known.
        prefix: what stands before the family's name.
    """

    family: Family
    tag: str
    digest: str = ""
    prefix: str = "vnmd/"

    @property
    def name(self) -> str:
        """Return the image's name for a container engine."""
        return f"{self.prefix}{self.family.name}:{self.tag}{f'@{self.digest}' if self.digest else ''}"

    @property
    def file(self) -> str:
        """Return the instance's file name; Elyra wants lower case, digits, dashes and underscores."""
        return f"{self.family.name}-{self.tag}.json"

    def instance(self) -> dict[str, Any]:
        """Return Elyra's metadata. A tag that can come to mean another image is pulled every time."""
        pinned = " Pinned by its digest." if self.digest else " Its tag may come to mean another build."
        return {
            "display_name": f"{self.family.title} {self.tag}",
            "schema_name": "runtime-image",
            "metadata": {
                "description": self.family.description + pinned,
                "tags": list(self.family.tags),
                "image_name": self.name,
                "pull_policy": "IfNotPresent" if self.digest else "Always",
            },
        }


def choose(tags: Iterable[str], keep: int) -> list[str]:
    """Return the newest dated tags, newest first, or ``latest`` where there are none."""
    tags = set(tags)
    dated = sorted((tag for tag in tags if DATED.fullmatch(tag)), reverse=True)
    return dated[:keep] or sorted(tags & {"latest"})


def images(
    family: Family, tags: Iterable[str], digest: Callable[[str], str], keep: int, prefix: str
) -> list[Image]:
    """Return the family's newest images.

    Args:
        family: what they are.
        tags: what the registry has.
        digest: returns the digest of a tag.
        keep: how many at most.
        prefix: what stands before the family's name.

    Raises:
        NoDatedTags: no tag is a date or ``latest``.
    """
    chosen = choose(tags, keep)
    if not chosen:
        raise NoDatedTags(f"The registry has no tag of {prefix}{family.name} that is a date or 'latest'.")
    return [Image(family, tag, digest(tag), prefix) for tag in chosen]


def write(folder: Path, family: Family, chosen: Iterable[Image]) -> tuple[list[str], list[str]]:
    """Write the family's instances, and remove those of it that were not chosen.

    Returns:
        Names of the files written and of those removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {image.file: json.dumps(image.instance(), indent=2) + "\n" for image in chosen}
    old = {path.name for path in folder.glob(f"{family.name}-*.json")}
    for name in sorted(old - texts.keys()):
        (folder / name).unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return sorted(texts), sorted(old - texts.keys())
