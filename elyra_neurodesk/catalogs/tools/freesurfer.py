"""FreeSurfer: cortical reconstruction, conversion, learned skull stripping and segmentation."""

from elyra_neurodesk.catalogs.model import (
    IMAGES,
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
from elyra_neurodesk.catalogs.tools.categories import CONVERSION, STRUCTURAL

FREESURFER = Container("freesurfer", "7.4.1", "20231214")
WIKI = "https://surfer.nmr.mgh.harvard.edu/fswiki"
LICENCE = Option(
    "Licence file",
    "Path of FreeSurfer's license.txt in a mounted volume; empty where the image or the module brings one.",
    "$FS_LICENSE",
    "file",
)
ENV = (("SUBJECTS_DIR", "{here}"),)

RECON_ALL = Step(
    "freesurfer-recon-all",
    "FreeSurfer recon-all",
    STRUCTURAL,
    "Cortical reconstruction of a T1 image: surfaces, parcellation, thickness and volumes. Takes hours.",
    f"{WIKI}/recon-all",
    FREESURFER,
    (one_file("Image", "T1-weighted image.", "image", IMAGES),),
    (
        "recon-all",
        "-i",
        "{image}",
        "-s",
        "{image_stem}",
        "-sd",
        "{here}",
        choice("Stages", "", "What is run.", "-all -autorecon1 -autorecon2 -autorecon3", "-all"),
        integer("Threads", "-openmp", "How many threads."),
        flag("Both hemispheres at once", "-parallel", "Runs them side by side."),
        LICENCE,
        MORE,
    ),
    (Output("Subject", "The subject's directory, named after the image.", "{image_stem}", "Folder"),),
    ENV,
)

MRI_CONVERT = Step(
    "freesurfer-mri-convert",
    "FreeSurfer mri_convert",
    CONVERSION,
    "Converts an image (MGZ, NIfTI and others) to NIfTI, and resamples it if asked to.",
    f"{WIKI}/mri_convert",
    FREESURFER,
    (one_file("Image", "The image.", "image", f"{IMAGES} *.img *.mnc"),),
    (
        "mri_convert",
        "{image}",
        "{image_stem}_converted.nii.gz",
        flag("Conform", "--conform", "To 1 mm voxels, 256 along each side, one byte."),
        choice("Data type", "--out_data_type", "Of the result.", "uchar short int float"),
        choice("Resampling", "--resample_type", "Interpolation.", "interpolate weighted nearest sinc cubic"),
        LICENCE,
        MORE,
    ),
    (Output("Converted", "The image as NIfTI.", "{image_stem}_converted.nii.gz"),),
)

SYNTHSTRIP = Step(
    "freesurfer-synthstrip",
    "FreeSurfer SynthStrip",
    STRUCTURAL,
    "Brain extraction (skull stripping) of images of any contrast, by a learned model.",
    "https://surfer.nmr.mgh.harvard.edu/docs/synthstrip/",
    FREESURFER,
    (one_file("Image", "The image, of any contrast.", "image", IMAGES),),
    (
        "mri_synthstrip",
        "-i",
        "{image}",
        "-o",
        "{image_stem}_brain.nii.gz",
        "-m",
        "{image_stem}_brain_mask.nii.gz",
        number("Border", "-b", "Distance of the mask from the brain in mm.", "1"),
        flag("Without CSF", "--no-csf", "Leaves out the cerebrospinal fluid around the brain."),
        LICENCE,
        MORE,
    ),
    (
        Output("Brain", "The image of the brain alone.", "{image_stem}_brain.nii.gz"),
        Output("Mask", "1 in the brain, 0 outside.", "{image_stem}_brain_mask.nii.gz"),
    ),
)

SYNTHSEG = Step(
    "freesurfer-synthseg",
    "FreeSurfer SynthSeg",
    STRUCTURAL,
    "Segmentation of a whole brain in images of any contrast and resolution, by a learned model.",
    f"{WIKI}/SynthSeg",
    FREESURFER,
    (one_file("Image", "The image, of any contrast.", "image", IMAGES),),
    (
        "mri_synthseg",
        "--i",
        "{image}",
        "--o",
        "{image_stem}_synthseg.nii.gz",
        "--vol",
        "{image_stem}_volumes.csv",
        flag("Parcellation", "--parc", "Also parcels the cortex."),
        flag("Robust", "--robust", "For clinical images; slower."),
        flag("Fast", "--fast", "With less processing after the prediction."),
        flag("On the CPU", "--cpu", "Uses no GPU.", default=True),
        integer("Threads", "--threads", "How many threads."),
        LICENCE,
        MORE,
    ),
    (
        Output("Segmentation", "One number for each structure.", "{image_stem}_synthseg.nii.gz"),
        Output("Volumes", "The volume of each structure (CSV).", "{image_stem}_volumes.csv", "CSV"),
    ),
)

STEPS = (MRI_CONVERT, RECON_ALL, SYNTHSTRIP, SYNTHSEG)
