"""AFNI: skull stripping, motion, alignment, slice timing."""

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

AFNI = Container("afni", "26.0.07", "20260128")
DOCS = "https://afni.nimh.nih.gov/pub/dist/doc/htmldoc/programs/alpha"
SERIES = one_file("Series", "The 4D image.", "image")

SKULLSTRIP = Step(
    "afni-3dskullstrip",
    "AFNI 3dSkullStrip",
    STRUCTURAL,
    "Brain extraction (skull stripping) of a T1 image.",
    f"{DOCS}/3dSkullStrip_sphx.html",
    AFNI,
    (one_file("Image", "T1-weighted image.", "image"),),
    (
        "3dSkullStrip",
        "-input",
        "{image}",
        "-prefix",
        "{image_stem}_ss.nii.gz",
        flag("Push to edge", "-push_to_edge", "Reaches further out, where grey matter is left out."),
        flag("Original values", "-orig_vol", "Keeps the values of the image.", default=True),
        number("Shrink factor", "-shrink_fac", "Between 0 and 1; empty for the default of 0.6."),
        MORE,
    ),
    (Output("Brain", "The image of the brain alone.", "{image_stem}_ss.nii.gz"),),
)

UNIFIZE = Step(
    "afni-3dunifize",
    "AFNI 3dUnifize",
    STRUCTURAL,
    "Makes the intensity of a T1 image uniform (bias field), as before 3dSkullStrip.",
    f"{DOCS}/3dUnifize_sphx.html",
    AFNI,
    (one_file("Image", "The image.", "image"),),
    (
        "3dUnifize",
        "-input",
        "{image}",
        "-prefix",
        "{image_stem}_unifized.nii.gz",
        flag("Grey matter too", "-GM", "Also scales grey matter."),
        flag("T2", "-T2", "The image is T2-weighted."),
        MORE,
    ),
    (Output("Corrected", "The corrected image.", "{image_stem}_unifized.nii.gz"),),
)

AUTOMASK = Step(
    "afni-3dautomask",
    "AFNI 3dAutomask",
    FUNCTIONAL,
    "Mask of the brain from an fMRI time series.",
    f"{DOCS}/3dAutomask_sphx.html",
    AFNI,
    (SERIES,),
    (
        "3dAutomask",
        "-prefix",
        "{image_stem}_mask.nii.gz",
        number(
            "Clip level fraction", "-clfrac", "Between 0.1 and 0.9; a smaller one gives a larger mask.", "0.5"
        ),
        integer("Dilate", "-dilate", "How many times the mask is dilated."),
        MORE,
        "{image}",
    ),
    (Output("Mask", "1 in the brain, 0 outside.", "{image_stem}_mask.nii.gz"),),
)

VOLREG = Step(
    "afni-3dvolreg",
    "AFNI 3dvolreg",
    FUNCTIONAL,
    "Motion correction of an fMRI time series.",
    f"{DOCS}/3dvolreg_sphx.html",
    AFNI,
    (SERIES,),
    (
        "3dvolreg",
        "-prefix",
        "{image_stem}_volreg.nii.gz",
        "-1Dfile",
        "{image_stem}_motion.1D",
        integer("Base volume", "-base", "Number of the volume that the others are brought to, from 0.", "0"),
        flag("Two passes", "-twopass", "A coarse pass first, for large movements."),
        choice(
            "Interpolation", "", "How values are interpolated.", "-Fourier -heptic -quintic -cubic -linear"
        ),
        MORE,
        "{image}",
    ),
    (
        Output("Corrected", "The corrected series.", "{image_stem}_volreg.nii.gz"),
        Output("Motion", "Rotations and shifts of each volume (text).", "{image_stem}_motion.1D", "Text"),
    ),
)

TSHIFT = Step(
    "afni-3dtshift",
    "AFNI 3dTshift",
    FUNCTIONAL,
    "Slice timing correction of an fMRI time series.",
    f"{DOCS}/3dTshift_sphx.html",
    AFNI,
    (SERIES,),
    (
        "3dTshift",
        "-prefix",
        "{image_stem}_tshift.nii.gz",
        choice(
            "Slice order",
            "-tpattern",
            "Empty for the one in the image.",
            "alt+z alt+z2 alt-z alt-z2 seq+z seq-z",
        ),
        Option("Repetition time", "Such as 2.0s; empty for the one in the image.", "-TR"),
        number("Align to", "-tzero", "Time in seconds; empty for the mean."),
        MORE,
        "{image}",
    ),
    (Output("Corrected", "The corrected series.", "{image_stem}_tshift.nii.gz"),),
)

ALLINEATE = Step(
    "afni-3dallineate",
    "AFNI 3dAllineate",
    REGISTRATION,
    "Linear (affine) registration of an image to a base.",
    f"{DOCS}/3dAllineate_sphx.html",
    AFNI,
    (
        one_file("Image", "The image that is moved.", "image"),
        one_file("Base", "The image that it is brought to.", "base"),
    ),
    (
        "3dAllineate",
        "-base",
        "{base}",
        "-input",
        "{image}",
        "-prefix",
        "{image_stem}_al.nii.gz",
        "-1Dmatrix_save",
        "{image_stem}_al.aff12.1D",
        choice(
            "Cost", "-cost", "Cost function.", "ls mi crM nmi je hel crA crU sp lpc lpa lpc+ZZ lpa+ZZ", "hel"
        ),
        choice(
            "Warp",
            "-warp",
            "Which parameters are used.",
            "shift_only shift_rotate shift_rotate_scale affine_general",
            "affine_general",
        ),
        MORE,
    ),
    (
        Output("Registered", "The image in the space of the base.", "{image_stem}_al.nii.gz"),
        Output("Matrix", "The affine transformation.", "{image_stem}_al.aff12.1D", "Matrix"),
    ),
)

STEPS = (SKULLSTRIP, UNIFIZE, AUTOMASK, VOLREG, TSHIFT, ALLINEATE)
