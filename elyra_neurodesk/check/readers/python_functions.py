"""What well-known Python functions do: use files, wait for the user, start processes."""

from __future__ import annotations

import re

from elyra_neurodesk.check.events import FileUse
from elyra_neurodesk.check.words import word_set

MODULE_CALL = re.compile(r"(?:jupyterlmod\.)?(?:module|lmod)\.(load|unload|purge|reset|swap|use|restore)")
"""Neurodesk's Python interface to Lmod (jupyterlmod), under its present and its former name."""

SHELL_TEXT = word_set(
    "os.system os.popen subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell",
    "get_ipython().system get_ipython().getoutput get_ipython().system_raw get_ipython().system_piped",
)
SUBPROCESS = frozenset(
    f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")
)
EXEC = frozenset({"asyncio.create_subprocess_exec"})

WAITING = word_set(
    "getpass.getpass code.interact IPython.embed google.colab.files.upload",
    "matplotlib.pyplot.ginput matplotlib.pyplot.waitforbuttonpress tkinter.filedialog.askopenfilename",
    "tkinter.filedialog.askdirectory click.prompt click.confirm inquirer.prompt sys.stdin.readline",
    "sys.stdin.read",
)
LEAVING = frozenset({"exit", "quit"})
"""What a cell of a notebook calls to ask JupyterLab for the kernel's end; papermill does not listen."""
WINDOWS = word_set("napari.Viewer napari.run tkinter.Tk cv2.imshow mayavi.mlab.show wx.App")
DEBUGGERS = word_set(
    "breakpoint pdb.set_trace ipdb.set_trace IPython.core.debugger.set_trace pdb.pm pdb.post_mortem",
    "pudb.set_trace",
)
IMPLICIT_WRITERS = word_set("nipype pydra niwrap boutiques snakemake dask joblib papermill")
"""Libraries that run tools or write files under names of their own."""

MADE_WHERE_MISSING = word_set(
    "MPLCONFIGDIR NUMBA_CACHE_DIR XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME",
    "APPTAINER_CACHEDIR SINGULARITY_CACHEDIR HF_HOME TORCH_HOME TRANSFORMERS_CACHE NILEARN_DATA",
    "TEMPLATEFLOW_HOME DIPY_HOME KERAS_HOME PIP_CACHE_DIR MNE_DATA ANTSXNET_CACHE_DIRECTORY",
    "PYTHONPYCACHEPREFIX JUPYTER_DATA_DIR",
)
"""Variables that name a directory which the library makes where it is missing."""

_QUIET = word_set("print display len repr hash isinstance getattr setattr hasattr eval")
_QUIET_METHODS = word_set(
    "debug info warning error exception critical log startswith endswith replace strip lstrip rstrip",
    "split sub match search findall fullmatch compile set_title title xlabel ylabel suptitle write count",
    "find index markdown add_argument get pop setdefault getenv encode decode",
)
_TESTS = word_set("exists isfile isdir is_file is_dir lexists access which unlink remove")
_CREATES = frozenset({"makedirs", "mkdir", "touch", "mkdtemp", "urlretrieve"})
_WRITES = word_set(
    "savefig to_csv to_excel to_parquet to_json to_pickle to_hdf to_html to_netcdf to_zarr to_file",
    "to_filename save savez savez_compressed savetxt write_text write_bytes imsave imwrite mimsave tofile",
    "write_image write_html savemat write_csv write_parquet save_as_html export sink WriteImage write_fif",
    "save_all to_feather to_stata to_xml to_markdown to_latex ExcelWriter sink_csv sink_parquet write_excel",
)
_READS = word_set(
    "listdir scandir walk chdir glob iglob rglob iterdir load loadtxt genfromtxt loadmat read_csv",
    "read_table read_excel read_json read_parquet read_pickle read_text read_bytes imread load_img",
    "get_data ReadImage BIDSLayout stat getsize run_path",
)
# the position of what is written, where it is not the first argument
_WRITTEN_SECOND = word_set(
    "shutil.copy shutil.copy2 shutil.copyfile shutil.move shutil.copytree os.rename os.replace os.link",
    "os.symlink nibabel.save urllib.request.urlretrieve SimpleITK.WriteImage torch.save joblib.dump",
    "ants.image_write ants.core.image_write skimage.external.imsave",
)
# pathlib's: the object itself is the file
_PATH_METHODS = word_set(
    "open read_text read_bytes write_text write_bytes mkdir touch iterdir glob rglob stat exists is_file",
    "is_dir unlink",
)
OPENS = word_set(
    "open io.open codecs.open gzip.open bz2.open lzma.open tarfile.open zipfile.ZipFile h5py.File os.fdopen"
)
CHANGE_DIRECTORY = frozenset({"os.chdir", "contextlib.chdir"})
_OUTPUT_KEYWORDS = frozenset({"output_file"})  # of nilearn.plotting
# what is added to a name that does not end so; Matplotlib adds it to names without any ending
_ADDED = {
    "numpy.save": ".npy",
    "numpy.savez": ".npz",
    "numpy.savez_compressed": ".npz",
    "scipy.io.savemat": ".mat",
}
_FIGURE = ".png"  # rcParams["savefig.format"]
_FILE_KEYWORDS = word_set("file filename fname path path_or_buf out_file output_file out fp")


def file_use(name: str, position: int, keyword: str, opened: str) -> FileUse:
    """Return what a call does to the file that an argument names.

    Args:
        name: dotted name of the function; its last part decides where nothing else does.
        position: of the argument, from 0; -1 for the object whose method it is.
        keyword: the argument's keyword, "".
        opened: the mode that a file is opened in, "" for other functions.
    """
    last = name.rpartition(".")[2]
    if keyword in _OUTPUT_KEYWORDS:
        return "write"
    if name in OPENS or (last == "open" and position == -1):
        if position > 0 or keyword not in ("", "file"):
            return "quiet"
        return "write" if set(opened) & set("wax") else "read"
    if position == -1 and last not in _PATH_METHODS:
        return "unknown"
    if name in _WRITTEN_SECOND:
        return "write" if position == 1 or keyword in ("dst", *_FILE_KEYWORDS) else "read"
    if name in _QUIET or (last in _QUIET_METHODS and position >= 0):
        return "quiet"
    if last in _TESTS:
        return "test"
    if last in _CREATES:
        return "create" if position <= 0 or keyword in ("name", "path") else "quiet"
    if last in _WRITES:
        return "write" if position <= 0 and (not keyword or keyword in _FILE_KEYWORDS) else "unknown"
    if last in _READS:
        return "read" if position <= 0 or keyword else "unknown"
    return "unknown"


def opens(name: str) -> bool:
    """Return whether a function opens files."""
    return name in OPENS or name.endswith(".open")


def written_name(name: str, path: str) -> str:
    """Return the file that a function writes when it is given the name ``path``.

    Args:
        name: dotted name of the function.
        path: as it is given.
    """
    if name.rpartition(".")[2] == "savefig":
        return path if "." in path.rpartition("/")[2] else path + _FIGURE
    added = _ADDED.get(name, "")
    return path if path.endswith(added) else path + added
