"""BIDS apps: whole workflows on a dataset that stays in its volume, for it is too large to be handed on."""

from elyra_neurodesk.catalogs.model import MORE, Container, Option, Output, Step, flag, integer
from elyra_neurodesk.catalogs.tools.categories import WORKFLOWS

DATASET = Option(
    "Dataset folder",
    "The BIDS dataset in a mounted volume, such as /data/bids.",
    kind="folder",
    required=True,
)
PARTICIPANTS = Option(
    "Participants", "Labels without sub-, with spaces between; empty for all.", "--participant-label", "list"
)
LICENCE = Option(
    "FreeSurfer licence file",
    "Path of license.txt in a mounted volume.",
    "--fs-license-file",
    "file",
    required=True,
)
DERIVATIVES = Output("Derivatives", "What the workflow leaves.", "derivatives/*", "BIDS")
PLACES = (DATASET, "{here}/derivatives", "participant", PARTICIPANTS)
WORK = ("-w", "{here}/work")

FMRIPREP = Step(
    "fmriprep",
    "fMRIPrep",
    WORKFLOWS,
    "Preprocessing of functional MRI of a BIDS dataset. Takes hours.",
    "https://fmriprep.org/en/stable/usage.html",
    Container("fmriprep", "25.2.5", "20260413"),
    (),
    (
        "fmriprep",
        *PLACES,
        *WORK,
        LICENCE,
        Option(
            "Output spaces",
            "Such as MNI152NLin2009cAsym:res-2, with spaces between.",
            "--output-spaces",
            "list",
            default="MNI152NLin2009cAsym",
        ),
        flag("No surfaces", "--fs-no-reconall", "Without FreeSurfer's reconstruction: faster."),
        integer("Processes", "--nprocs", "How many processes."),
        integer("Threads", "--omp-nthreads", "How many threads for each process."),
        integer("Memory", "--mem", "Upper bound in MB."),
        MORE,
    ),
    (DERIVATIVES,),
)

MRIQC = Step(
    "mriqc",
    "MRIQC",
    WORKFLOWS,
    "Quality measures and reports of the images of a BIDS dataset. Sends nothing anywhere.",
    "https://mriqc.readthedocs.io/en/latest/running.html",
    Container("mriqc", "24.0.2", "20241108"),
    (),
    (
        "mriqc",
        *PLACES,
        *WORK,
        "--no-sub",
        Option("Modalities", "Such as T1w bold; empty for all.", "--modalities", "list"),
        integer("Processes", "--nprocs", "How many processes."),
        integer("Threads", "--omp-nthreads", "How many threads for each process."),
        MORE,
    ),
    (DERIVATIVES,),
)

QSIPREP = Step(
    "qsiprep",
    "QSIPrep",
    WORKFLOWS,
    "Preprocessing of diffusion MRI of a BIDS dataset. Takes hours.",
    "https://qsiprep.readthedocs.io/en/latest/usage.html",
    Container("qsiprep", "1.0.1", "20250407"),
    (),
    (
        "qsiprep",
        *PLACES,
        *WORK,
        LICENCE,
        Option("Output resolution", "Voxel size in mm.", "--output-resolution", "number", required=True),
        integer("Processes", "--nprocs", "How many processes."),
        integer("Threads", "--omp-nthreads", "How many threads for each process."),
        MORE,
    ),
    (DERIVATIVES,),
)

STEPS = (FMRIPREP, MRIQC, QSIPREP)
