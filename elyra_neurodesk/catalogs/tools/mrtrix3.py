"""MRtrix3: diffusion images from denoising to streamlines, in its own format (MIF), which keeps gradients."""

from elyra_neurodesk.catalogs.model import (
    MORE,
    NIFTI,
    Container,
    Files,
    Option,
    Output,
    Step,
    choice,
    flag,
    integer,
    number,
    one_file,
)
from elyra_neurodesk.catalogs.tools.categories import CONVERSION, DIFFUSION

MRTRIX = Container("mrtrix3", "3.0.8", "20260107")
DOCS = "https://mrtrix.readthedocs.io/en/latest/reference/commands"
ANY = f"*.mif *.mif.gz {NIFTI}"
SERIES = one_file("Diffusion images", "The 4D image with its gradients, from mrconvert.", "image", ANY, "MIF")
THREADS = integer("Threads", "-nthreads", "How many threads; empty for all.")

TO_MIF = Step(
    "mrtrix3-mrconvert-mif",
    "MRtrix3 mrconvert (to MIF)",
    CONVERSION,
    "Puts a diffusion image and its gradients (bvec, bval) together in one file of MRtrix's format.",
    f"{DOCS}/mrconvert.html",
    MRTRIX,
    (
        Files(
            "Diffusion images",
            "A folder with the 4D image, its bvec and its bval.",
            (("image", NIFTI), ("bvec", "*bvec *bvecs"), ("bval", "*bval *bvals")),
        ),
    ),
    (
        "mrconvert",
        "{image}",
        "{image_stem}.mif",
        "-fslgrad",
        "{bvec}",
        "{bval}",
        Option("Strides", "Order of the axes in memory, such as 0,0,0,1.", "-strides"),
        THREADS,
        MORE,
    ),
    (Output("Converted", "The image with its gradients.", "{image_stem}.mif", "MIF"),),
)

TO_NIFTI = Step(
    "mrtrix3-mrconvert-nifti",
    "MRtrix3 mrconvert (to NIfTI)",
    CONVERSION,
    "Converts an image of MRtrix's format to NIfTI; with gradients, if asked for, as bvec and bval.",
    f"{DOCS}/mrconvert.html",
    MRTRIX,
    (one_file("Image", "The image.", "image", ANY, "MIF"),),
    (
        "mrconvert",
        "{image}",
        "{image_stem}.nii.gz",
        Option("Axis and volumes", "What is kept, such as 3 and 0:5 in two words.", "-coord", "list"),
        Option("Data type", "Such as float32.", "-datatype"),
        THREADS,
        MORE,
    ),
    (Output("Converted", "The image as NIfTI.", "{image_stem}.*"),),
)

DWIDENOISE = Step(
    "mrtrix3-dwidenoise",
    "MRtrix3 dwidenoise",
    DIFFUSION,
    "Removes noise from diffusion images (MP-PCA); the first step of preprocessing.",
    f"{DOCS}/dwidenoise.html",
    MRTRIX,
    (SERIES,),
    (
        "dwidenoise",
        "{image}",
        "{image_stem}_denoised.mif",
        "-noise",
        "{image_stem}_noise.mif",
        Option("Window", "Size of the window in voxels, such as 5 or 5,5,5.", "-extent"),
        choice("Data type", "-datatype", "Of the computation.", "float32 float64"),
        Option("Mask path", "An image in a mounted volume: where to work.", "-mask", "file"),
        THREADS,
        MORE,
    ),
    (
        Output("Denoised", "The images without noise.", "{image_stem}_denoised.mif", "MIF"),
        Output("Noise", "The level of the noise.", "{image_stem}_noise.mif", "MIF"),
    ),
)

MRDEGIBBS = Step(
    "mrtrix3-mrdegibbs",
    "MRtrix3 mrdegibbs",
    DIFFUSION,
    "Removes Gibbs ringing; after dwidenoise and before anything that interpolates.",
    f"{DOCS}/mrdegibbs.html",
    MRTRIX,
    (one_file("Image", "The images.", "image", ANY, "MIF"),),
    (
        "mrdegibbs",
        "{image}",
        "{image_stem}_degibbs.mif",
        Option("Slice axes", "The two axes of a slice, such as 0,1.", "-axes", default="0,1"),
        THREADS,
        MORE,
    ),
    (Output("Corrected", "The images without ringing.", "{image_stem}_degibbs.mif", "MIF"),),
)

DWI2MASK = Step(
    "mrtrix3-dwi2mask",
    "MRtrix3 dwi2mask",
    DIFFUSION,
    "Mask of the brain from diffusion images.",
    f"{DOCS}/dwi2mask.html",
    MRTRIX,
    (SERIES,),
    ("dwi2mask", "{image}", "{image_stem}_mask.mif", THREADS, MORE),
    (Output("Mask", "1 in the brain, 0 outside.", "{image_stem}_mask.mif", "MIF"),),
)

DWI2RESPONSE = Step(
    "mrtrix3-dwi2response",
    "MRtrix3 dwi2response",
    DIFFUSION,
    "Response functions of white matter, grey matter and CSF (algorithm dhollander).",
    f"{DOCS}/dwi2response.html",
    MRTRIX,
    (SERIES,),
    (
        "dwi2response",
        "dhollander",
        "{image}",
        "response_wm.txt",
        "response_gm.txt",
        "response_csf.txt",
        Option("Mask path", "An image in a mounted volume: where to look.", "-mask", "file"),
        THREADS,
        MORE,
    ),
    (Output("Responses", "One text file for each tissue.", "response_*.txt", "Folder"),),
)

DWI2FOD = Step(
    "mrtrix3-dwi2fod",
    "MRtrix3 dwi2fod",
    DIFFUSION,
    "Fibre orientation distributions by multi-tissue spherical deconvolution (algorithm msmt_csd).",
    f"{DOCS}/dwi2fod.html",
    MRTRIX,
    (
        SERIES,
        Files(
            "Responses",
            "From dwi2response.",
            (("wm", "*_wm.txt"), ("gm", "*_gm.txt"), ("csf", "*_csf.txt")),
            "Folder",
        ),
        one_file("Mask", "Mask of the brain.", "mask", ANY, "MIF"),
    ),
    (
        "dwi2fod",
        "msmt_csd",
        "{image}",
        "{wm}",
        "{image_stem}_wmfod.mif",
        "{gm}",
        "{image_stem}_gm.mif",
        "{csf}",
        "{image_stem}_csf.mif",
        "-mask",
        "{mask}",
        THREADS,
        MORE,
    ),
    (
        Output("White matter FOD", "For tckgen.", "{image_stem}_wmfod.mif", "MIF"),
        Output("Other tissues", "Grey matter and CSF.", "{image_stem}_gm.mif {image_stem}_csf.mif", "MIF"),
    ),
)

TCKGEN = Step(
    "mrtrix3-tckgen",
    "MRtrix3 tckgen",
    DIFFUSION,
    "Streamlines tractography from fibre orientation distributions.",
    f"{DOCS}/tckgen.html",
    MRTRIX,
    (
        one_file("White matter FOD", "From dwi2fod.", "image", ANY, "MIF"),
        one_file("Seed image", "Where streamlines begin, such as the mask of the brain.", "seed", ANY, "MIF"),
    ),
    (
        "tckgen",
        "{image}",
        "{image_stem}.tck",
        "-seed_image",
        "{seed}",
        choice(
            "Algorithm",
            "-algorithm",
            "Tractography algorithm.",
            "FACT iFOD1 iFOD2 Nulldist1 Nulldist2 SD_Stream Seedtest Tensor_Det Tensor_Prob",
            "iFOD2",
        ),
        integer("Streamlines", "-select", "How many are kept.", "5000"),
        number("Cutoff", "-cutoff", "Amplitude at which a streamline ends; empty for the default."),
        Option("Tissue image path", "Five tissue types (5tt) in a mounted volume, for ACT.", "-act", "file"),
        THREADS,
        MORE,
    ),
    (Output("Tracks", "The streamlines.", "{image_stem}.tck", "Tracks"),),
)

DWI2TENSOR = Step(
    "mrtrix3-dwi2tensor",
    "MRtrix3 dwi2tensor",
    DIFFUSION,
    "Fits a diffusion tensor at each voxel; tensor2metric makes maps of it.",
    f"{DOCS}/dwi2tensor.html",
    MRTRIX,
    (SERIES,),
    (
        "dwi2tensor",
        "{image}",
        "{image_stem}_tensor.mif",
        flag("Ordinary least squares", "-ols", "Fits with ordinary least squares."),
        Option("Mask path", "An image in a mounted volume: where to fit.", "-mask", "file"),
        THREADS,
        MORE,
    ),
    (Output("Tensor", "Its six components.", "{image_stem}_tensor.mif", "MIF"),),
)

TENSOR2METRIC = Step(
    "mrtrix3-tensor2metric",
    "MRtrix3 tensor2metric",
    DIFFUSION,
    "Maps of a diffusion tensor: fractional anisotropy and mean diffusivity.",
    f"{DOCS}/tensor2metric.html",
    MRTRIX,
    (one_file("Tensor", "From dwi2tensor.", "image", ANY, "MIF"),),
    (
        "tensor2metric",
        "{image}",
        "-fa",
        "{image_stem}_fa.nii.gz",
        "-adc",
        "{image_stem}_md.nii.gz",
        THREADS,
        MORE,
    ),
    (
        Output("FA", "Fractional anisotropy.", "{image_stem}_fa.nii.gz"),
        Output("MD", "Mean diffusivity.", "{image_stem}_md.nii.gz"),
    ),
)

STEPS = (
    TO_MIF,
    TO_NIFTI,
    DWIDENOISE,
    MRDEGIBBS,
    DWI2MASK,
    DWI2RESPONSE,
    DWI2FOD,
    TCKGEN,
    DWI2TENSOR,
    TENSOR2METRIC,
)
