"""The steps of the catalog, one module for each family of tools."""

from __future__ import annotations

from elyra_neurodesk.catalogs.model import Step
from elyra_neurodesk.catalogs.tools import (
    afni,
    ants,
    conversion,
    files,
    freesurfer,
    fsl,
    fsl_diffusion,
    mrtrix3,
    workflows,
)
from elyra_neurodesk.catalogs.tools.categories import CATEGORIES

_MODULES = (files, conversion, fsl, ants, freesurfer, afni, fsl_diffusion, mrtrix3, workflows)

STEPS: tuple[Step, ...] = tuple(
    sorted(
        (step for module in _MODULES for step in module.STEPS),
        key=lambda step: CATEGORIES.index(step.category),
    )
)
BY_ID = {step.id: step for step in STEPS}
