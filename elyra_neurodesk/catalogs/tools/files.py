"""Files in and out of volumes and between steps, and the node for a command line of the user's own."""

from elyra_neurodesk.catalogs.model import Option, Output, Step, choice, flag, folder
from elyra_neurodesk.catalogs.tools.categories import COMMAND, FILES

FILES_IN = Step(
    "files-in",
    "Files from a volume",
    FILES,
    "Hands files of a mounted volume (Data Volumes of this node) to the steps after it. With Elyra's own "
    "runtime configurations, switch this node's cache off: it does not see that files in a volume change.",
    command=(
        Option(
            "Path",
            "A file, a folder, or a pattern such as /data/sub-01/anat/*_T1w.nii.gz; begins with /.",
            required=True,
        ),
    ),
    outputs=(Output("Files", "The files; of a folder, what is in it.", "", "Folder"),),
    script="files_in",
    cache=False,
)

FILES_OUT = Step(
    "files-out",
    "Files to a volume",
    FILES,
    "Saves what a step left in a folder of a mounted volume (Data Volumes of this node), where notebooks "
    "find it. With Elyra's own runtime configurations, switch this node's cache off.",
    inputs=(folder("Files", "What is saved.", "files"),),
    command=(
        Option("Folder", "Such as /data/derivatives/sub-01; made if it is not there.", required=True),
        choice("If a file is there", "", "What happens to it.", "replace keep stop", "replace"),
    ),
    script="files_out",
    cache=False,
)

PICK = Step(
    "files-pick",
    "Pick files",
    FILES,
    "Chooses some of the files that a step left, such as one image of a series converted by dcm2niix.",
    inputs=(folder("Files", "What to choose from.", "files"),),
    command=(
        Option("Patterns", "Such as *T1w*.nii.gz; several with spaces between.", required=True),
        flag(
            "With companions",
            "",
            "Files of the same name with another ending come along (JSON, bvec, bval).",
            True,
        ),
    ),
    outputs=(Output("Picked", "The chosen files.", "", "Folder"),),
    script="pick",
)

GATHER = Step(
    "files-gather",
    "Gather files",
    FILES,
    "Puts what two steps left into one folder, such as an image from one and its gradients from another.",
    inputs=(folder("First", "Files.", "first"), folder("Second", "More files.", "second")),
    outputs=(Output("Gathered", "All of the files.", "", "Folder"),),
    script="gather",
)

STORE_IN = Step(
    "store-in",
    "Files from a notebook",
    FILES,
    "Hands declared outputs of earlier notebooks and scripts of this run to the steps after it, from the "
    "run's object store. Needs a Neurodesk runtime configuration.",
    command=(
        Option(
            "Names",
            "<node>/<file> as the run's page shows it, such as acquire/T1.nii; several with spaces between.",
            required=True,
        ),
    ),
    outputs=(Output("Files", "The outputs as files.", "", "Folder"),),
    script="store_in",
    store=True,
    cache=False,
)

STORE_OUT = Step(
    "store-out",
    "Files to the object store",
    FILES,
    "Saves what a step left in the run's directory of the object store, beside the notebooks' outputs, to be "
    "downloaded. Needs a Neurodesk runtime configuration.",
    inputs=(folder("Files", "What is saved.", "files"),),
    command=(Option("Folder", "Below the run's directory, such as brain.", required=True),),
    script="store_out",
    store=True,
    cache=False,
)

NUMBERS = ("no", "one", "two", "three")


def command(inputs: int) -> Step:
    """Return the node for a command line with that many inputs."""
    what = f"{NUMBERS[inputs]} input{'' if inputs == 1 else 's'}"
    if inputs == 0:
        where = ""
    elif inputs == 1:
        where = " $INPUT1 is the input's file, or its folder where it has several."
    else:
        where = f" $INPUT1 to $INPUT{inputs} are the inputs' files, or their folders where they have several."
    return Step(
        f"command-{inputs}",
        f"Neurodesk command ({what})",
        COMMAND,
        f"Runs a command line of your own with Neurodesk modules, {what}.{where} What it leaves in its "
        "working directory ($OUTPUT) is handed on.",
        inputs=tuple(
            folder(f"Input {number}", f"Found through $INPUT{number}.", f"input{number}")
            for number in range(1, inputs + 1)
        ),
        command=(
            Option("Modules", "Such as fsl/6.0.7.16; several with spaces between."),
            Option("Command line", 'For bash, such as bet "$INPUT1" brain -f 0.4', required=True),
        ),
        outputs=(Output("Results", "What the command left in its working directory.", "", "Folder"),),
        script="command",
        cache=False,
    )


STEPS = (FILES_IN, FILES_OUT, STORE_IN, STORE_OUT, PICK, GATHER, *(command(inputs) for inputs in range(4)))
