"""From a pipeline to a run: archives, uploads, KFP API."""
