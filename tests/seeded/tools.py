"""The sample tools of the seeded notebooks: shell scripts that do simple things to small files.

Each behaves to its caller as the tool does: what it reads must be there, else it says so in the tool's words
and exits with another status than 0.
"""

from __future__ import annotations

import gzip
import shutil
import struct
from pathlib import Path

from tests.support.neurodesk_tree import Tool, make_tree

_COPY = """\
in=$(realpath -m "${{{source}%.nii.gz}}.nii.gz") out=${{{target}%.nii.gz}}.nii.gz
if [ ! -f "$in" ]; then echo "{problem}" >&2; exit 1; fi
{{ cat "$in"; echo {name}; }} > "$out.part" && mv "$out.part" "$out"
"""
_OPTIONS = """\
while [ $# -gt 0 ]; do
    case $1 in
        -i | -in | -input) input=$2; shift ;;
        -o | -out | -prefix) output=$2; shift ;;
        -omat) matrix=$2; shift ;;
        -version) echo "FLIRT version 6.0"; exit 0 ;;
    esac
    shift
done
"""
_NIFTI = "** ERROR (nifti_image_read): failed to find header file for '{image}'"


def _copying(name: str, source: str, target: str, problem: str, first: str = "") -> str:
    return first + _COPY.format(source=source, target=target, problem=problem, name=name)


BET = _copying("bet", "1", "2", _NIFTI.format(image="$1"))
FLIRT = _copying("flirt", "input", "output", _NIFTI.format(image="$input"), "output=/dev/null\n" + _OPTIONS)
FSLMATHS = 'cat "$1" > "${@: -1}"\n'
FSLSTATS = """\
[ -f "$1" ] || { echo "Image Exception : #22 :: ERROR: Could not open image $1" >&2; exit 1; }
size=$(wc -c < "$1"); echo "$size $size.000000 "
"""
FAST = """\
image=${@: -1}
[ -f "$image" ] || { echo "Image Exception : #22 :: ERROR: Could not open image $image" >&2; exit 1; }
for part in 0 1 2; do cp "$image" "${image%.nii.gz}_pve_$part.nii.gz"; done
"""
N4 = _copying("n4", "input", "output", "file $input does not exist .", _OPTIONS)
MRCONVERT = """\
[ -f "$1" ] || { echo "mrconvert: [ERROR] failed to open \\"$1\\": No such file or directory" >&2; exit 1; }
cp "$1" "$2"
"""
MRINFO = """\
[ -f "$1" ] || { echo "mrinfo: [ERROR] failed to open \\"$1\\": No such file or directory" >&2; exit 1; }
echo "96 96 60 65"
"""
RECON_ALL = """\
subject=$2 image=$4
[ -f "$image" ] || { echo "ERROR: cannot find $image" >&2; exit 1; }
mkdir -p "$SUBJECTS_DIR/$subject/mri"
echo "#@# MotionCor" >&2
echo "WARNING: only one run found. This is OK, but motion correction cannot be performed." >&2
cp "$image" "$SUBJECTS_DIR/$subject/mri/T1.mgz"
echo "recon-all -s $subject finished without error" >&2
"""
DCM2NIIX = """\
echo "Warning: Check that 1 is the number of volumes" >&2
echo "Error rate of the compression: none" >&2
echo "voxels of $4" > "$2/$4.nii.gz"
"""
# As Convert3D does: its usage, and status 1, also when that is what it is asked for.
C3D = """\
case ${1-} in
    --version) echo "Version 1.4.2"; exit 0 ;;
    '' | -h | --help) echo "c3d, image processing tool"; seq -f "usage line %g" 40; exit 1 ;;
esac
[ -f "$1" ] || { echo "Exception caught: file $1 does not exist" >&2; exit 255; }
cp "$1" "${@: -1}"
"""
MRI_CONVERT = """\
[ -f license.txt ] || {
    echo "ERROR: FreeSurfer license file /opt/freesurfer/license.txt not found." >&2
    echo "  If you are outside the NMR-Martinos Center," >&2
    echo "  go to http://surfer.nmr.mgh.harvard.edu/registration.html to" >&2
    echo "  get a valid license file (it's free)." >&2
    exit 1
}
cp "$1" "$2"
"""
STAT = """\
echo "++ 3dTstat: AFNI version=AFNI_22.3.07" >&2
echo "ERROR:   standard error of the mean is in sub-brick 1" >&2
cp "${@: -1}" mean.nii.gz
"""
# The image is gone: what apptainer says passes a filter, as in wrappers that tidy up what a container prints.
SKULL_STRIP = """\
{
    echo "FATAL:   could not open image $(dirname "$0")/afni.simg: failed to retrieve path: no such file" >&2
    exit 255
} 2>&1 | grep -v '^WARNING' >&2
"""
TOOLS = (
    Tool("fsl", "6.0.4", "20210105", {"bet": BET, "flirt": FLIRT}, retired=True),
    Tool(
        "fsl",
        "6.0.7.16",
        "20240807",
        {"bet": BET, "flirt": FLIRT, "fast": FAST, "fslmaths": FSLMATHS, "fslstats": FSLSTATS},
    ),
    Tool("fsl", "6.0.7.22", "20260110", {"bet": BET, "flirt": FLIRT, "fslstats": FSLSTATS}, format=2),
    Tool("ants", "2.5.3", "20240901", {"N4BiasFieldCorrection": N4}, "image_registration", format=2),
    Tool("mrtrix3", "3.0.4", "20240320", {"mrconvert": MRCONVERT, "mrinfo": MRINFO}, "diffusion_imaging"),
    Tool("freesurfer", "7.4.1", "20230613", {"recon-all": RECON_ALL, "mri_convert": MRI_CONVERT}),
    Tool("convert3d", "1.4.2", "20240502", {"c3d": C3D}),
    Tool("dcm2niix", "1.0.20240202", "20240401", {"dcm2niix": DCM2NIIX}, "data_organisation"),
    Tool("synthstrip", "7.4.1", "20230718", {"mri_synthstrip": "exit 1"}, retired=True),
    Tool("afni", "22.3.07", "20221111", {"3dSkullStrip": SKULL_STRIP, "3dTstat": STAT}, "functional_imaging"),
    Tool("ashs", "2.0.0", "20230112", {"ashs_main.sh": "exit 0"}),
)
_IMAGES = ("sub-01_T1w", "sub-02_T1w", "sub-03_T1w", "sub-01_dwi", "MNI152_T1_2mm")


def nifti(voxels: bytes) -> bytes:
    """Return a compressed NIfTI-1 image of one row of voxels, a byte each."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, len(voxels), 1, 1, 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, 2, 8)  # unsigned char
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    return gzip.compress(bytes(header) + voxels, mtime=0)


DATA: dict[str, bytes] = {
    f"{image}.nii.gz": nifti(f"voxels of {image}\n".encode() * 20) for image in _IMAGES
} | {
    "participants.tsv": b"participant_id\tage\nsub-01\t31\nsub-02\t28\nsub-03\t44\n",
    "dicom/0001.dcm": b"one slice\n",
}
"""The files that every node gets beside its notebook; there is no sub-04, and no T2-weighted image."""


def make_sample_tree(root: Path) -> Path:
    """Lay out the tree with all `TOOLS`; the container of ashs/2.0.0 is gone, its module file is not."""
    make_tree(root, TOOLS, str(root))
    shutil.rmtree(root / "containers" / TOOLS[-1].container)
    return root


def write_data(directory: Path) -> None:
    """Write `DATA` below the directory, which is made."""
    for name, content in DATA.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
