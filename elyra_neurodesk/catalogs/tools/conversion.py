"""From the scanner to BIDS, and small tools that come alone."""

from elyra_neurodesk.catalogs.model import (
    MORE,
    Container,
    Option,
    Output,
    Step,
    choice,
    flag,
    folder,
    integer,
    one_file,
)
from elyra_neurodesk.catalogs.tools.categories import CONVERSION, REGISTRATION, STRUCTURAL

DICOM = folder("DICOM files", "A folder of DICOM files.", "dicom", "DICOM")

DCM2NIIX = Step(
    "dcm2niix",
    "dcm2niix",
    CONVERSION,
    "Converts DICOM files to NIfTI images with BIDS sidecars (JSON) and, for diffusion, bvec and bval.",
    "https://github.com/rordenlab/dcm2niix",
    Container("dcm2niix", "v1.0.20240202", "20260512"),
    (DICOM,),
    (
        "dcm2niix",
        Option(
            "File name", "%p protocol, %s series, %t time, %d description and more.", "-f", default="%p_%s"
        ),
        choice("Compress", "-z", "y gives .nii.gz.", "y n i", "y"),
        choice("BIDS sidecar", "-b", "y writes it, n does not, o writes nothing else.", "y n o", "y"),
        choice("Anonymous sidecar", "-ba", "Leaves the patient's name and the like out.", "y n", "y"),
        choice("Merge slices", "-m", "Merges 2D slices of one series.", "n y 0 1 2", "2"),
        MORE,
        "-o",
        "{here}",
        "{dicom}",
    ),
    (
        Output("Images", "The NIfTI images.", "*.nii.gz *.nii"),
        Output("Everything", "Images, sidecars and gradients.", "*", "Folder"),
    ),
)

HEUDICONV = Step(
    "heudiconv",
    "HeuDiConv",
    CONVERSION,
    "Converts DICOM files to a BIDS dataset by a heuristic.",
    "https://heudiconv.readthedocs.io/en/latest/usage.html",
    Container("heudiconv", "1.3.1", "20241105"),
    (DICOM,),
    (
        "heudiconv",
        "--files",
        "{dicom}",
        "-o",
        "{here}",
        "-c",
        "dcm2niix",
        Option("Subject", "The label without sub-.", "-s", required=True),
        Option("Session", "The label without ses-; empty for none.", "-ss"),
        Option("Heuristic", "Name of one that it brings: reproin, convertall and others.", "-f"),
        Option("Heuristic file", "A Python file in a mounted volume, in place of a name.", "-f", "file"),
        flag("Minimal metadata", "--minmeta", "Leaves out of the sidecars what BIDS does not use."),
        "-b",
        "--overwrite",
        MORE,
    ),
    (Output("Dataset", "The BIDS dataset.", "*", "BIDS"),),
)

PYDEFACE = Step(
    "pydeface",
    "pydeface",
    STRUCTURAL,
    "Removes the face from an image of the head, to share it.",
    "https://github.com/poldracklab/pydeface",
    Container("pydeface", "2.0.2", "20260417"),
    (one_file("Image", "Image of the head.", "image"),),
    ("pydeface", "{image}", "--outfile", "{image_stem}_defaced.nii.gz", "--force", MORE),
    (Output("Defaced", "The image without the face.", "{image_stem}_defaced.nii.gz"),),
)

C3D_RESAMPLE = Step(
    "convert3d-resample",
    "Convert3D resample",
    CONVERSION,
    "Resamples an image to another voxel size.",
    "https://sourceforge.net/p/c3d/git/ci/master/tree/doc/c3d.md",
    Container("convert3d", "1.1.0", "20251212"),
    (one_file("Image", "The image.", "image"),),
    (
        "c3d",
        "{image}",
        choice(
            "Interpolation",
            "-interpolation",
            "How values are interpolated.",
            "NearestNeighbor Linear Cubic Sinc Gaussian",
            "Linear",
        ),
        Option("Voxel size", "Such as 1x1x1mm.", "-resample-mm", default="1x1x1mm"),
        MORE,
        "-o",
        "{image_stem}_resampled.nii.gz",
    ),
    (Output("Resampled", "The image at the new voxel size.", "{image_stem}_resampled.nii.gz"),),
)

REG_ALADIN = Step(
    "niftyreg-reg-aladin",
    "NiftyReg reg_aladin",
    REGISTRATION,
    "Rigid or affine registration of an image to a reference by block matching.",
    "https://github.com/KCL-BMEIS/niftyreg/wiki",
    Container("niftyreg", "1.4.0", "20220317"),
    (
        one_file("Floating image", "The image that is moved.", "image"),
        one_file("Reference", "The image that it is brought to.", "reference"),
    ),
    (
        "reg_aladin",
        "-ref",
        "{reference}",
        "-flo",
        "{image}",
        "-res",
        "{image_stem}_aladin.nii.gz",
        "-aff",
        "{image_stem}_aladin.txt",
        flag("Rigid only", "-rigOnly", "No affine registration."),
        integer("Levels", "-ln", "How many levels of resolution."),
        MORE,
    ),
    (
        Output("Registered", "The image in the space of the reference.", "{image_stem}_aladin.nii.gz"),
        Output("Matrix", "The affine transformation (text).", "{image_stem}_aladin.txt", "Matrix"),
    ),
)

STEPS = (DCM2NIIX, HEUDICONV, PYDEFACE, C3D_RESAMPLE, REG_ALADIN)
