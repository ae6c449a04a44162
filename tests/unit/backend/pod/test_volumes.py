import pytest

from elyra_neurodesk.backend.pod.errors import ClaimUnavailable, VolumeNotMountable
from elyra_neurodesk.backend.pod.mounts import BindMount, missing_mounts
from elyra_neurodesk.backend.pod.volumes import (
    MountPlan,
    check_claims,
    make_volumes,
    plan_mounts,
    rewrite_variable,
    rewrite_word,
)

CVMFS = "/cvmfs/neurodesk.ardc.edu.au"


def pod(**volumes):
    return {"task": "t", "volumes": volumes, "secrets": {"s": {"key": "value"}}}


def claim(directory, path=CVMFS):
    return {"kind": "claim", "directory": None if directory is None else str(directory), "path": path}


def test_an_unknown_claim_is_one_line_with_claim_path_and_way_out():
    with pytest.raises(ClaimUnavailable) as caught:
        check_claims(pod(cv=claim(None)))
    text = str(caught.value)
    assert all(part in text for part in ("ND-LOCAL-111", "'cv'", CVMFS, "local up --claim cv=DIRECTORY"))
    assert "\n" not in text


def test_a_missing_directory_is_named_beside_the_mount_path(tmp_path):
    with pytest.raises(ClaimUnavailable) as caught:
        check_claims(pod(cv=claim(tmp_path / "gone")))
    assert all(part in str(caught.value) for part in ("'cv'", CVMFS, str(tmp_path / "gone"), "--claim cv="))


def test_a_volume_that_is_at_its_mount_path_already_needs_nothing(tmp_path):
    description = pod(cv=claim(tmp_path, str(tmp_path)))
    mounts = [{"volume": "cv", "path": str(tmp_path)}]
    assert (
        plan_mounts(description, mounts, {"cv": str(tmp_path)}, lambda _: pytest.fail("tried")) == MountPlan()
    )


def test_mounts_are_ordered_from_the_root_down(tmp_path):
    (tmp_path / "x").mkdir()
    listed = [BindMount(str(tmp_path), "/data/deep/er"), BindMount(str(tmp_path / "x"), "/data")]
    assert [item.target for item in missing_mounts(listed)] == ["/data", "/data/deep/er"]


def test_where_mounts_are_forbidden_cvmfs_and_scratch_are_rewritten(tmp_path):
    description = pod(cv=claim(tmp_path), scratch={"kind": "empty", "path": "/neurodesktop-storage"})
    places = make_volumes(description, tmp_path / "volumes")
    mounts = [{"volume": "cv", "path": CVMFS}, {"volume": "scratch", "path": "/neurodesktop-storage"}]
    assert plan_mounts(description, mounts, places, lambda _: "not permitted").rewrites == {
        CVMFS: str(tmp_path),
        "/neurodesktop-storage": str(tmp_path / "volumes" / "scratch"),
    }


@pytest.mark.parametrize(
    ("volume", "name"),
    [
        (claim("/", "/data"), "PVC 'v'"),
        ({"kind": "secret", "secret": "s", "optional": False, "path": "/data"}, "secret 's'"),
    ],
)
def test_where_mounts_are_forbidden_any_other_volume_is_an_error(tmp_path, volume, name):
    description = pod(v=volume)
    places = make_volumes(description, tmp_path)
    with pytest.raises(VolumeNotMountable, match="ND-LOCAL-112") as caught:
        plan_mounts(description, [{"volume": "v", "path": "/data"}], places, lambda _: "EPERM")
    assert all(part in str(caught.value) for part in (name, "/data", "EPERM", "user namespaces"))


def test_a_volume_that_the_pod_does_not_define_is_an_error():
    with pytest.raises(VolumeNotMountable, match="'other'"):
        plan_mounts(pod(), [{"volume": "other", "path": "/x"}], {}, lambda _: "")


def test_a_sub_path_is_made_in_the_volume_and_may_not_leave_it(tmp_path):
    inside = tmp_path / "volume"
    inside.mkdir()
    (inside / "out").symlink_to(tmp_path)
    mounts = [{"volume": "v", "path": "/data", "subPath": "a/b"}]
    found = plan_mounts(pod(v=claim(inside)), mounts, {"v": str(inside)}, lambda _: "")
    assert found.mounts == (BindMount(str(inside / "a" / "b"), "/data"),)
    with pytest.raises(VolumeNotMountable, match="leads out of"):
        plan_mounts(pod(v=claim(inside)), [{**mounts[0], "subPath": "out"}], {"v": str(inside)}, lambda _: "")


def test_only_paths_at_or_below_a_rewritten_one_change():
    rewrites = {CVMFS: "/real"}
    assert rewrite_word(CVMFS, rewrites) == "/real"
    assert rewrite_word(f"{CVMFS}/containers", rewrites) == "/real/containers"
    for other in (f"{CVMFS}x", f"see {CVMFS}", "/cvmfs", ""):
        assert rewrite_word(other, rewrites) == other
    assert rewrite_variable(f"/a:{CVMFS}/m:{CVMFS},{CVMFS}/n:rw", rewrites) == "/a:/real/m:/real,/real/n:rw"
    assert rewrite_variable("a:b,c", {}) == "a:b,c"
