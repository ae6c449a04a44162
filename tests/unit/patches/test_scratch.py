"""Every task has a scratch volume."""

from __future__ import annotations

from elyra_neurodesk.patches.scratch import add_scratch
from tests.support.contexts import CATALOG, context


def test_scratch_is_an_emptydir_with_a_limit_or_a_claim() -> None:
    assert add_scratch(CATALOG, context(scratch_size="5Gi")).platform == {
        "emptyDirMounts": [{"volumeName": "nd-tmp", "mountPath": "/neurodesktop-storage", "sizeLimit": "5Gi"}]
    }
    assert add_scratch(CATALOG, context(scratch_claim="fast")).platform == {
        "pvcMount": [{"constant": "fast", "mountPath": "/neurodesktop-storage"}]
    }
