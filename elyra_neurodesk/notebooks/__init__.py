"""Notebooks and scripts without a pipeline file: as the pipeline that runs them one after the other."""
