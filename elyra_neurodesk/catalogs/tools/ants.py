"""ANTs: bias field correction, denoising, registration, segmentation."""

from elyra_neurodesk.catalogs.model import (
    MORE,
    Container,
    Files,
    Option,
    Output,
    Step,
    choice,
    integer,
    one_file,
)
from elyra_neurodesk.catalogs.tools.categories import REGISTRATION, STRUCTURAL

ANTS = Container("ants", "2.5.4", "20250423")
WIKI = "https://github.com/ANTsX/ANTs/wiki"
DIMENSION = choice("Dimensions", "-d", "Of the image.", "2 3 4", "3")
INTERPOLATIONS = (
    "Linear NearestNeighbor Gaussian BSpline CosineWindowedSinc WelchWindowedSinc HammingWindowedSinc "
    "LanczosWindowedSinc GenericLabel"
)

N4 = Step(
    "ants-n4biasfieldcorrection",
    "ANTs N4BiasFieldCorrection",
    STRUCTURAL,
    "Corrects an image for intensity inhomogeneity (bias field).",
    f"{WIKI}/N4BiasFieldCorrection",
    ANTS,
    (one_file("Image", "The image.", "image"),),
    (
        "N4BiasFieldCorrection",
        DIMENSION,
        "-i",
        "{image}",
        "-o",
        "[{image_stem}_n4.nii.gz,{image_stem}_biasfield.nii.gz]",
        integer("Shrink factor", "-s", "The field is estimated at a coarser grid by this factor.", "4"),
        Option("Convergence", "Iterations at each level and threshold, such as [50x50x50x50,0.0].", "-c"),
        Option("B spline fitting", "Such as [200], the distance between knots in mm.", "-b"),
        Option("Mask path", "An image in a mounted volume: where the field is estimated.", "-x", "file"),
        MORE,
    ),
    (
        Output("Corrected", "The corrected image.", "{image_stem}_n4.nii.gz"),
        Output("Bias field", "The field.", "{image_stem}_biasfield.nii.gz"),
    ),
)

DENOISE = Step(
    "ants-denoiseimage",
    "ANTs DenoiseImage",
    STRUCTURAL,
    "Removes noise from an image by spatially adaptive non-local means.",
    "https://github.com/ANTsX/ANTs/blob/master/Examples/DenoiseImage.cxx",
    ANTS,
    (one_file("Image", "The image.", "image"),),
    (
        "DenoiseImage",
        DIMENSION,
        "-i",
        "{image}",
        choice("Noise model", "-n", "Distribution of the noise.", "Gaussian Rician", "Gaussian"),
        integer("Shrink factor", "-s", "Works at a coarser grid by this factor.", "1"),
        "-o",
        "[{image_stem}_denoised.nii.gz,{image_stem}_noise.nii.gz]",
        MORE,
    ),
    (
        Output("Denoised", "The image without noise.", "{image_stem}_denoised.nii.gz"),
        Output("Noise", "What was removed.", "{image_stem}_noise.nii.gz"),
    ),
)

REGISTRATION_SYN = Step(
    "ants-registration-syn",
    "ANTs antsRegistration (SyN)",
    REGISTRATION,
    "Registration of an image to a reference: rigid, affine and deformable (SyN), by ANTs' own script "
    "antsRegistrationSyN.sh with its published settings.",
    f"{WIKI}/Anatomy-of-an-antsRegistration-call",
    ANTS,
    (
        one_file("Fixed image", "The reference, such as a template.", "fixed"),
        one_file("Moving image", "The image that is moved.", "moving"),
    ),
    (
        "antsRegistrationSyN.sh",
        choice("Dimensions", "-d", "Of the images.", "2 3", "3"),
        "-f",
        "{fixed}",
        "-m",
        "{moving}",
        "-o",
        "{moving_stem}_to_{fixed_stem}_",
        choice(
            "Transform",
            "-t",
            "t translation, r rigid, a affine, s affine and SyN, b with B splines; sr, so, br and bo "
            "without the affine stages.",
            "t r a s sr so b br bo",
            "s",
        ),
        integer("Threads", "-n", "How many threads.", "1"),
        choice("Precision", "-p", "f float, d double.", "f d", "d"),
        MORE,
    ),
    (
        Output(
            "Warped",
            "The moving image in the space of the fixed one.",
            "{moving_stem}_to_{fixed_stem}_Warped.nii.gz",
        ),
        Output(
            "Transforms",
            "For antsApplyTransforms: matrix, warp and inverse warp.",
            "{moving_stem}_to_{fixed_stem}_*.mat {moving_stem}_to_{fixed_stem}_1*Warp.nii.gz",
            "Folder",
        ),
        Output(
            "Inverse warped",
            "The fixed image in the space of the moving one.",
            "{moving_stem}_to_{fixed_stem}_InverseWarped.nii.gz",
            optional=True,
        ),
    ),
)

_INTERPOLATION = choice("Interpolation", "-n", "Interpolation of the result.", INTERPOLATIONS, "Linear")
_IMAGES = (
    one_file("Image", "The image that is moved.", "image"),
    one_file("Reference", "An image whose grid the result gets.", "reference"),
)
_APPLY = (
    "antsApplyTransforms",
    DIMENSION,
    "-i",
    "{image}",
    "-r",
    "{reference}",
    "-o",
    "{image_stem}_warped.nii.gz",
)
_WARPED = (Output("Warped", "The image in the space of the reference.", "{image_stem}_warped.nii.gz"),)

APPLY = Step(
    "ants-applytransforms",
    "ANTs antsApplyTransforms",
    REGISTRATION,
    "Applies the warp and the affine matrix of a deformable registration to an image.",
    f"{WIKI}/Forward-and-inverse-warps-for-warping-images,-pointsets-and-Jacobians",
    ANTS,
    (
        *_IMAGES,
        Files(
            "Transforms",
            "From antsRegistration (SyN).",
            (("warp", "*_1Warp.nii.gz"), ("matrix", "*0GenericAffine.mat")),
            "Folder",
        ),
    ),
    (*_APPLY, _INTERPOLATION, "-t", "{warp}", "-t", "{matrix}", MORE),
    _WARPED,
)

APPLY_INVERSE = Step(
    "ants-applytransforms-inverse",
    "ANTs antsApplyTransforms (inverse)",
    REGISTRATION,
    "Brings an image, such as an atlas, back from the fixed to the moving space of a registration.",
    f"{WIKI}/Forward-and-inverse-warps-for-warping-images,-pointsets-and-Jacobians",
    ANTS,
    (
        *_IMAGES,
        Files(
            "Transforms",
            "From antsRegistration (SyN).",
            (("warp", "*_1InverseWarp.nii.gz"), ("matrix", "*0GenericAffine.mat")),
            "Folder",
        ),
    ),
    (*_APPLY, _INTERPOLATION, "-t", "[{matrix},1]", "-t", "{warp}", MORE),
    _WARPED,
)

ATROPOS = Step(
    "ants-atropos",
    "ANTs Atropos",
    STRUCTURAL,
    "Tissue segmentation (grey matter, white matter, CSF) of an image inside a mask.",
    f"{WIKI}/Atropos-and-N4",
    ANTS,
    (
        one_file("Image", "The image.", "image"),
        one_file("Mask", "Where it is segmented.", "mask"),
    ),
    (
        "Atropos",
        DIMENSION,
        "-a",
        "{image}",
        "-x",
        "{mask}",
        Option("Initialization", "Such as KMeans[3] for three classes.", "-i", default="KMeans[3]"),
        Option("Convergence", "Iterations and threshold.", "-c", default="[5,0.001]"),
        Option("Markov random field", "Smoothing factor and radius, such as [0.1,1x1x1].", "-m"),
        "-o",
        "[{image_stem}_seg.nii.gz,{image_stem}_posterior%02d.nii.gz]",
        MORE,
    ),
    (
        Output("Segmentation", "One number for each class.", "{image_stem}_seg.nii.gz"),
        Output("Posteriors", "A map of probability for each class.", "{image_stem}_posterior*.nii.gz"),
    ),
)

STEPS = (N4, DENOISE, ATROPOS, REGISTRATION_SYN, APPLY, APPLY_INVERSE)
