"""FSL: brain extraction, segmentation, registration, motion correction, ICA."""

from elyra_neurodesk.catalogs.model import (
    MORE,
    Container,
    Option,
    Output,
    Step,
    choice,
    flag,
    integer,
    number,
    one_file,
)
from elyra_neurodesk.catalogs.tools.categories import FUNCTIONAL, REGISTRATION, STRUCTURAL

FSL = Container("fsl", "6.0.7.16", "20250131")
DOCS = "https://fsl.fmrib.ox.ac.uk/fsl/docs"
ENV = (("FSLOUTPUTTYPE", "NIFTI_GZ"),)
COSTS = "corratio mutualinfo normmi normcorr leastsq labeldiff bbr"

BET = Step(
    "fsl-bet",
    "FSL BET",
    STRUCTURAL,
    "Brain extraction (skull stripping): removes what is not brain from an image of the head.",
    f"{DOCS}/structural/bet.html",
    FSL,
    (one_file("Image", "Image of the head, such as a T1-weighted one.", "image"),),
    (
        "bet",
        "{image}",
        "{image_stem}_brain",
        number(
            "Fractional intensity threshold",
            "-f",
            "Between 0 and 1; a smaller one gives a larger outline of the brain.",
            "0.5",
        ),
        number(
            "Vertical gradient",
            "-g",
            "Between -1 and 1; a positive one gives a larger outline at the bottom, smaller at the top.",
            "0",
        ),
        "-m",
        flag("Robust centre", "-R", "Estimates the centre of the brain in several rounds."),
        flag("Reduce bias and neck", "-B", "Also cleans up the neck; not together with Robust centre."),
        MORE,
    ),
    (
        Output("Brain", "The image of the brain alone.", "{image_stem}_brain.nii.gz"),
        Output("Mask", "1 in the brain, 0 outside.", "{image_stem}_brain_mask.nii.gz"),
    ),
    ENV,
)

FAST = Step(
    "fsl-fast",
    "FSL FAST",
    STRUCTURAL,
    "Tissue segmentation of a brain into grey matter, white matter and CSF, with bias field correction.",
    f"{DOCS}/structural/fast.html",
    FSL,
    (one_file("Brain", "Image of a brain, after brain extraction.", "image"),),
    (
        "fast",
        choice("Kind of image", "-t", "1 is T1, 2 is T2, 3 is proton density.", "1 2 3", "1"),
        integer("Number of classes", "-n", "How many kinds of tissue.", "3"),
        number("Smoothness", "-H", "Spatial smoothness of the segmentation (MRF beta).", "0.1"),
        flag("Restored image", "-B", "Also leaves the image corrected for the bias field."),
        MORE,
        "-o",
        "{image_stem}",
        "{image}",
    ),
    (
        Output("Segmentation", "One number for each kind of tissue.", "{image_stem}_seg.nii.gz"),
        Output("Tissue maps", "One map of partial volumes for each tissue.", "{image_stem}_pve_*.nii.gz"),
        Output(
            "Restored", "The corrected image, if asked for.", "{image_stem}_restore.nii.gz", optional=True
        ),
    ),
    ENV,
)

FIRST = Step(
    "fsl-first",
    "FSL FIRST",
    STRUCTURAL,
    "Segmentation of subcortical structures such as hippocampus, amygdala and thalamus in a T1 image.",
    f"{DOCS}/structural/first.html",
    FSL,
    (one_file("Image", "T1-weighted image.", "image"),),
    (
        "run_first_all",
        Option("Structures", "Such as L_Hipp,R_Hipp; empty for all.", "-s"),
        choice(
            "Boundary correction", "-m", "Method of boundary correction.", "auto fast thresh none", "auto"
        ),
        flag("Brain extracted already", "-b", "The image is one of the brain alone."),
        MORE,
        "-i",
        "{image}",
        "-o",
        "{image_stem}",
    ),
    (
        Output(
            "Segmentation",
            "All structures in one image.",
            "{image_stem}_all_*_firstseg.nii.gz",
            optional=True,
        ),
        Output("Meshes", "A surface (VTK) for each structure.", "{image_stem}-*_first.vtk", "VTK"),
        Output("Everything", "All of the files that FIRST leaves.", "{image_stem}*", "Folder"),
    ),
    ENV,
)

FLIRT = Step(
    "fsl-flirt",
    "FSL FLIRT",
    REGISTRATION,
    "Linear (rigid or affine) registration of an image to a reference.",
    f"{DOCS}/registration/flirt/index.html",
    FSL,
    (
        one_file("Image", "The image that is moved.", "image"),
        one_file("Reference", "The image that it is brought to, such as a template.", "reference"),
    ),
    (
        "flirt",
        "-in",
        "{image}",
        "-ref",
        "{reference}",
        "-out",
        "{image_stem}_flirt.nii.gz",
        "-omat",
        "{image_stem}_flirt.mat",
        choice("Degrees of freedom", "-dof", "6 is rigid, 12 is affine.", "6 7 9 12", "12"),
        choice("Cost", "-cost", "Cost function.", COSTS, "corratio"),
        choice(
            "Interpolation",
            "-interp",
            "Interpolation of the result.",
            "trilinear nearestneighbour sinc spline",
            "trilinear",
        ),
        MORE,
    ),
    (
        Output("Registered", "The image in the space of the reference.", "{image_stem}_flirt.nii.gz"),
        Output("Matrix", "The affine transformation (4 x 4, text).", "{image_stem}_flirt.mat", "Matrix"),
    ),
    ENV,
)

FNIRT = Step(
    "fsl-fnirt",
    "FSL FNIRT",
    REGISTRATION,
    "Nonlinear registration of an image to a reference, starting from the matrix of FLIRT.",
    f"{DOCS}/registration/fnirt/index.html",
    FSL,
    (
        one_file("Image", "The image that is moved, with skull.", "image"),
        one_file("Reference", "The image that it is brought to.", "reference"),
        one_file("Matrix", "From FLIRT, between the same images.", "matrix", "*.mat *.txt", "Matrix"),
    ),
    (
        "fnirt",
        "--in={image}",
        "--ref={reference}",
        "--aff={matrix}",
        "--cout={image_stem}_warpcoef.nii.gz",
        "--iout={image_stem}_fnirt.nii.gz",
        Option("Configuration", "Name of one of FSL's, such as T1_2_MNI152_2mm.", "--config="),
        MORE,
    ),
    (
        Output("Registered", "The image in the space of the reference.", "{image_stem}_fnirt.nii.gz"),
        Output("Warp", "The coefficients of the field, for applywarp.", "{image_stem}_warpcoef.nii.gz"),
    ),
    ENV,
)

APPLYWARP = Step(
    "fsl-applywarp",
    "FSL applywarp",
    REGISTRATION,
    "Applies a warp of FNIRT to an image (normalisation).",
    f"{DOCS}/registration/fnirt/user_guide.html",
    FSL,
    (
        one_file("Image", "The image that is moved.", "image"),
        one_file("Reference", "An image whose grid the result gets.", "reference"),
        one_file("Warp", "From FNIRT.", "warp"),
    ),
    (
        "applywarp",
        "--in={image}",
        "--ref={reference}",
        "--warp={warp}",
        "--out={image_stem}_warped.nii.gz",
        choice(
            "Interpolation",
            "--interp=",
            "Interpolation of the result.",
            "nn trilinear sinc spline",
            "trilinear",
        ),
        MORE,
    ),
    (Output("Warped", "The image in the space of the reference.", "{image_stem}_warped.nii.gz"),),
    ENV,
)

MCFLIRT = Step(
    "fsl-mcflirt",
    "FSL MCFLIRT",
    FUNCTIONAL,
    "Motion correction of an fMRI time series.",
    f"{DOCS}/registration/mcflirt.html",
    FSL,
    (one_file("Series", "The 4D image.", "image"),),
    (
        "mcflirt",
        "-in",
        "{image}",
        "-out",
        "{image_stem}_mc",
        "-plots",
        "-mats",
        choice(
            "Cost",
            "-cost",
            "Cost function.",
            "mutualinfo woods corratio normcorr normmi leastsquares",
            "normcorr",
        ),
        integer("Reference volume", "-refvol", "Number of the volume, from 0; empty for the middle one."),
        flag("Register to the mean", "-meanvol", "Takes the mean volume for reference."),
        MORE,
    ),
    (
        Output("Corrected", "The corrected series.", "{image_stem}_mc.nii.gz"),
        Output("Motion", "Rotations and translations of each volume (text).", "{image_stem}_mc.par", "Text"),
        Output("Matrices", "One matrix for each volume.", "{image_stem}_mc.mat", "Folder"),
    ),
    ENV,
)

SLICETIMER = Step(
    "fsl-slicetimer",
    "FSL slicetimer",
    FUNCTIONAL,
    "Slice timing correction of an fMRI time series.",
    f"{DOCS}/task_fmri/feat/user_guide.html",
    FSL,
    (one_file("Series", "The 4D image.", "image"),),
    (
        "slicetimer",
        "-i",
        "{image}",
        "-o",
        "{image_stem}_st.nii.gz",
        number("Repetition time", "-r", "Seconds between two volumes (TR).", "3"),
        flag("Interleaved", "--odd", "Slices were acquired interleaved."),
        flag("Reversed", "--down", "Slices were acquired from the top down."),
        Option(
            "Slice times",
            "A text file in a mounted volume with the shift of each slice.",
            "--tcustom=",
            "file",
        ),
        MORE,
    ),
    (Output("Corrected", "The corrected series.", "{image_stem}_st.nii.gz"),),
    ENV,
)

MELODIC = Step(
    "fsl-melodic",
    "FSL MELODIC",
    FUNCTIONAL,
    "Independent component analysis (ICA) of an fMRI time series, as for resting state networks.",
    f"{DOCS}/resting_state/melodic.html",
    FSL,
    (one_file("Series", "The 4D image, preprocessed.", "image"),),
    (
        "melodic",
        "-i",
        "{image}",
        "-o",
        "melodic",
        number("Repetition time", "--tr=", "Seconds between two volumes; empty for the one in the image."),
        integer("Number of components", "-d", "How many; empty for an estimate."),
        flag("No brain extraction", "--nobet", "The series is one of the brain alone."),
        flag("Report", "--report", "Also writes a web page."),
        MORE,
    ),
    (
        Output("Components", "The maps of the components.", "melodic/melodic_IC.nii.gz"),
        Output("Everything", "All of the files that MELODIC leaves.", "melodic/*", "Folder"),
    ),
    ENV,
)

STEPS = (BET, FAST, FIRST, FLIRT, FNIRT, APPLYWARP, MCFLIRT, SLICETIMER, MELODIC)
