"""What runs in a task's container: fetch, run the notebook or script, report, upload.

Importable on Python 3.10 without elyra or kfp: the submit side packs it into a zipapp for images that lack
this package. ``V2`` names the version of the command line, of `TaskSpec` and of what a task leaves in the
object store; a container whose installed copy has another one fetches the zipapp instead. Version 1 wrote no
signs of life.
"""

V2 = True

ARGUMENTS = "ELYRA_NEURODESK_ARGUMENTS"
"""Environment variable with the path of a JSON file that has the bootstrapper's arguments."""
