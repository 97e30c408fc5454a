"""A database that lies where it may be lost is warned about."""

import os
import subprocess
from pathlib import Path

import pytest

from sequence.store.mounts import file_system_of, warning_for
from tests.store.conftest import PROGRAM

MOUNTS = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
23 22 0:20 / /run rw - tmpfs tmpfs rw
24 23 8:2 / /run/kept rw shared:3 - xfs /dev/sdb rw
25 22 0:30 / /home/a\040b rw - nfs4 host:/export rw
26 22 0:31 / /layer rw - overlay overlay rw
27 22 0:32 / /layer rw - ext4 /dev/sdc rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS.strip())
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/sandbox.db", "ext4"),
        ("/run/sandbox.db", "tmpfs"),
        ("/runner/sandbox.db", "ext4"),
        ("/run/kept/sandbox.db", "xfs"),
        ("/home/a b/sandbox.db", "nfs4"),
        ("/layer/sandbox.db", "ext4"),
    ],
)
def test_the_nearest_mount_says_what_a_file_is_on(mounts: Path, path: str, kind: str):
    assert file_system_of(Path(path), mounts) == kind


def test_only_places_that_forget_or_share_are_warned_about(mounts: Path):
    assert warning_for(Path("/var/sandbox.db"), mounts) is None
    assert "lost" in (warning_for(Path("/run/sandbox.db"), mounts) or "")
    assert "network" in (warning_for(Path("/home/a b/sandbox.db"), mounts) or "")


def test_nothing_is_said_where_nothing_can_be_asked(tmp_path: Path):
    assert warning_for(Path("/run/sandbox.db"), tmp_path / "none") is None


@pytest.mark.skipif(
    file_system_of(Path("/dev/shm/x")) != "tmpfs" or not os.access("/dev/shm", os.W_OK),  # noqa: S108
    reason="needs a file system in memory",
)
def test_a_server_on_a_file_system_in_memory_says_so_and_serves(tmp_path: Path):
    folder = Path("/dev/shm") / f"sequence-test-{os.getpid()}"  # noqa: S108
    process = subprocess.Popen(
        [*PROGRAM, "up", "--json", "--port", "0", "--db", str(folder / "sandbox.db")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"SEQUENCE_HOME": str(tmp_path)},
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("{")
        process.terminate()
        _, said = process.communicate(timeout=20)
        assert "warning" in said
        assert "is on tmpfs" in said
    finally:
        process.kill()
        process.communicate()
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
