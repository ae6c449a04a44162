"""Splits the brain of a T1-weighted image into three intensity classes and measures their volumes.

Reads ``mni152_t1.nii.gz``: skull-stripped, zero outside the brain, intensity 0 to 1 (arbitrary units).
Writes ``stats/tissues.tsv`` (one row per class and one for the brain) and ``stats/tissue_classes.nii.gz``
(0 outside, 1 CSF, 2 grey matter, 3 white matter).

In a T1-weighted image cerebrospinal fluid (CSF) is dark, grey matter middling and white matter bright, so two
thresholds separate them roughly. They are Otsu's: those with the largest variance between the classes' means.
It is a demonstration: a voxel with two tissues gets one label, and no atlas corrects the borders.
"""

from __future__ import annotations

import csv
from pathlib import Path

import nibabel as nib
import numpy as np

CLASSES = ("CSF", "grey matter", "white matter")
BRAIN_ML = (1200.0, 2200.0)  # what a brain volume in MNI space can be; outside it the input is something else


def otsu_thresholds(values: np.ndarray, bins: int = 256) -> tuple[float, float]:
    """Return the two thresholds that split ``values`` into the three classes with the most distant means."""
    counts, edges = np.histogram(values, bins=bins)
    centres = (edges[:-1] + edges[1:]) / 2
    weight = np.concatenate([[0.0], np.cumsum(counts)])
    moment = np.concatenate([[0.0], np.cumsum(counts * centres)])

    def spread(start: np.ndarray | int, stop: np.ndarray | int) -> np.ndarray:
        """Between-class variance that the bins start..stop-1 add as one class (constants left out)."""
        size = weight[stop] - weight[start]
        return np.divide((moment[stop] - moment[start]) ** 2, size, out=np.zeros_like(size), where=size > 0)

    first, second = np.triu_indices(bins, k=1)
    total = (
        spread(np.zeros_like(first), first)
        + spread(first, second)
        + spread(second, np.full_like(first, bins))
    )
    best = int(np.argmax(total))
    return float(edges[first[best]]), float(edges[second[best]])


def table(data: np.ndarray, labels: np.ndarray, voxel_ml: float) -> list[dict[str, str]]:
    """Return one row per class and a last one for the brain: volumes in ml, intensities as in ``data``."""
    masks = {name: labels == number for number, name in enumerate(CLASSES, start=1)}
    masks["brain"] = labels > 0
    return [
        {
            "region": name,
            "voxels": str(int(mask.sum())),
            "volume_ml": f"{mask.sum() * voxel_ml:.1f}",
            "intensity_min": f"{data[mask].min():.4f}",
            "intensity_mean": f"{data[mask].mean():.4f}",
            "intensity_sd": f"{data[mask].std():.4f}",
            "intensity_max": f"{data[mask].max():.4f}",
        }
        for name, mask in masks.items()
    ]


def main() -> None:
    image = nib.load("mni152_t1.nii.gz")
    data = image.get_fdata(dtype=np.float32)
    voxel_ml = abs(np.linalg.det(image.affine[:3, :3])) / 1000  # mm³ to ml
    brain = data > 0

    low, high = otsu_thresholds(data[brain])
    labels = np.where(brain, 1 + np.digitize(data, [low, high]), 0).astype(np.uint8)
    rows = table(data, labels, voxel_ml)

    volume = float(rows[-1]["volume_ml"])
    if not BRAIN_ML[0] < volume < BRAIN_ML[1]:
        raise SystemExit(f"brain volume {volume} ml is outside {BRAIN_ML[0]:.0f} to {BRAIN_ML[1]:.0f} ml")

    out = Path("stats")
    out.mkdir(exist_ok=True)
    nib.save(nib.Nifti1Image(labels, image.affine), out / "tissue_classes.nii.gz")
    with (out / "tissues.tsv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    print(
        f"voxel {voxel_ml * 1000:.2f} mm³, thresholds {low:.3f} and {high:.3f} (template intensity, 0 to 1)"
    )
    for row in rows:
        print(f"{row['region']:>13}  {float(row['volume_ml']):8.1f} ml")


if __name__ == "__main__":
    main()
