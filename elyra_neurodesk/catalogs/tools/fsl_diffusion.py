"""FSL's diffusion toolbox."""

from elyra_neurodesk.catalogs.model import MORE, NIFTI, Files, Option, Output, Step, flag, folder, one_file
from elyra_neurodesk.catalogs.tools.categories import DIFFUSION
from elyra_neurodesk.catalogs.tools.fsl import DOCS, ENV, FSL

ACQUISITION = Option(
    "Acquisition parameters",
    "A text file in a mounted volume: phase encoding directions and readout times (acqparams.txt).",
    "--datain=",
    "file",
    required=True,
)
SERIES = (("image", NIFTI), ("bvec", "*bvec *bvecs *.bvecs*"), ("bval", "*bval *bvals"))

TOPUP = Step(
    "fsl-topup",
    "FSL topup",
    DIFFUSION,
    "Estimates susceptibility distortions from b0 images of opposite phase encoding.",
    f"{DOCS}/diffusion/topup/index.html",
    FSL,
    (one_file("Images", "The b0 images as one 4D image.", "image"),),
    (
        "topup",
        "--imain={image}",
        ACQUISITION,
        Option("Configuration", "Name of one of FSL's.", "--config=", default="b02b0.cnf"),
        "--out=topup_results",
        "--iout={image_stem}_topup.nii.gz",
        MORE,
    ),
    (
        Output("Field", "What eddy takes.", "topup_results*", "Folder"),
        Output("Corrected", "The corrected b0 images.", "{image_stem}_topup.nii.gz"),
    ),
    ENV,
)

EDDY = Step(
    "fsl-eddy",
    "FSL eddy",
    DIFFUSION,
    "Corrects diffusion images for eddy currents, motion and, with the field of topup, susceptibility.",
    f"{DOCS}/diffusion/eddy/index.html",
    FSL,
    (
        Files("Diffusion images", "A folder with the 4D image, its bvec and its bval.", SERIES),
        one_file("Mask", "Mask of the brain in the space of topup's result.", "mask"),
        folder("Field", "From topup.", "field"),
    ),
    (
        "eddy",
        "--imain={image}",
        "--mask={mask}",
        "--bvecs={bvec}",
        "--bvals={bval}",
        "--topup={field}/topup_results",
        Option(ACQUISITION.title, ACQUISITION.help, "--acqp=", "file", required=True),
        Option(
            "Index",
            "A text file in a mounted volume: which line of the acquisition parameters each volume has.",
            "--index=",
            "file",
            required=True,
        ),
        flag("Replace outliers", "--repol", "Replaces slices that lost their signal."),
        "--out={image_stem}_eddy",
        MORE,
    ),
    (
        Output("Corrected", "The corrected 4D image.", "{image_stem}_eddy.nii.gz"),
        Output("Directions", "The bvecs after motion.", "{image_stem}_eddy.eddy_rotated_bvecs", "Text"),
        Output("Everything", "All of the files that eddy leaves.", "{image_stem}_eddy*", "Folder"),
    ),
    ENV,
)

DTIFIT = Step(
    "fsl-dtifit",
    "FSL DTIFIT",
    DIFFUSION,
    "Fits a diffusion tensor at each voxel: FA, MD and the eigenvectors.",
    f"{DOCS}/diffusion/dtifit.html",
    FSL,
    (
        Files("Diffusion images", "A folder with the 4D image, its bvec and its bval.", SERIES),
        one_file("Mask", "Mask of the brain.", "mask"),
    ),
    (
        "dtifit",
        "--data={image}",
        "--mask={mask}",
        "--bvecs={bvec}",
        "--bvals={bval}",
        "--out={image_stem}_dti",
        flag("Weighted least squares", "--wls", "Fits with weighted least squares."),
        MORE,
    ),
    (
        Output("FA", "Fractional anisotropy.", "{image_stem}_dti_FA.nii.gz"),
        Output("MD", "Mean diffusivity.", "{image_stem}_dti_MD.nii.gz"),
        Output("Everything", "All maps.", "{image_stem}_dti_*", "Folder"),
    ),
    ENV,
)

STEPS = (TOPUP, EDDY, DTIFIT)
