# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of real snapshots and repositories that do not come by themselves.

What the two products say in each of them is in test_lab_search_states.py.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.day2.ops.tests.lab.privileges import lacking
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .search_help import Cluster

CAPABILITIES = ("SYS_ADMIN",)


def running_snapshot(cluster: Cluster, name: str = "running", seconds: int = 5) -> str:
    """Start a snapshot that takes about so many seconds, and return once it is at work; its repository."""
    index = cluster.filled_index(f"{name}-data", 100 * seconds)
    repository = cluster.slow_repository(f"{name}-slow")
    cluster.snapshot(repository, name, index, wait=False)

    def at_work() -> bool:
        (shown,) = cluster.ask("GET", f"_snapshot/{repository}/{name}/_status")["snapshots"]
        return bool(shown["shards_stats"]["started"])

    wait_for("a shard that is being written", at_work)
    return repository


def partial_snapshot(cluster: Cluster, repository: str, name: str) -> None:
    """Make a snapshot that is PARTIAL: of an index that is well, and of one whose primary no node may hold.

    The second of them is removed, so that the cluster is not red any more.
    """
    well = cluster.filled_index(f"{name}-well", 3)
    unassigned = cluster.unassigned_index(f"{name}-unassigned")
    cluster.snapshot(repository, name, well, unassigned, partial=True)
    cluster.ask("DELETE", unassigned)
    assert cluster.state(repository, name) == "PARTIAL"


def failed_snapshot(cluster: Cluster, name: str) -> str:
    """Make a snapshot that is FAILED for real; its repository.

    Both products write that state when a running snapshot is deleted, and then delete it at once. They cannot, when
    the next generation of the list of snapshots has a name that is taken.
    """
    index = cluster.filled_index(f"{name}-data", 100)
    repository = cluster.slow_repository(f"{name}-slow", rate="100kb")
    cluster.snapshot(repository, name, index, wait=False)
    # The first generation has the FAILED one in it; the second would be without.
    in_the_way = cluster.folder(repository) / "index-1"
    in_the_way.mkdir(parents=True)
    cluster.give(cluster.folder(repository))
    answer = cluster.answer("DELETE", f"_snapshot/{repository}/{name}")
    assert "already exists, cannot overwrite" in answer.text, answer.text
    in_the_way.rmdir()
    assert cluster.state(repository, name) == "FAILED"
    return repository


@contextlib.contextmanager
def unwritable(cluster: Cluster, repository: str, part: str = "") -> Iterator[None]:
    """Take away the right to write in the repository's folder.

    part: `indices` leaves the lists of snapshots writable, so that a snapshot ends as PARTIAL; without a part each
    snapshot is refused, and so is a verification.
    """
    place = cluster.folder(repository) / part
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    for folder in folders:
        os.chown(folder, os.geteuid(), os.getegid())
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            if folder.exists():
                folder.chmod(0o755)
        if place.exists():
            cluster.give(place)


def lose_folder(cluster: Cluster, repository: str) -> None:
    """Remove the folder of the repository behind the server's back."""
    shutil.rmtree(cluster.folder(repository))


def missing_for_full_disk() -> str:
    """Return why this machine cannot have a disk that is full, or an empty text."""
    return lacking(CAPABILITIES)


@contextlib.contextmanager
def small_disk(cluster: Cluster, suffix: str = "small", size: int = 300_000) -> Iterator[str]:
    """Give an fs repository on a disk of so many bytes; it is empty, and `fill_disk` fills it."""
    folder = cluster.folder(f"{cluster.mine}-{suffix}")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        cluster.give(folder)
        yield cluster.repository(suffix)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(folder: Path) -> Path:
    """Fill the disk of the folder to its last byte; the file that does."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return filler


def newer_snapshot(made_by: Cluster, reader: Cluster, name: str) -> str:
    """Make a snapshot that the reader sees and may not restore, as its version is higher; the reader's repository.

    Elasticsearch 7 takes what OpenSearch makes for that, whose numbers of versions are higher than all of its own.
    OpenSearch cannot read what Elasticsearch 7.12 and later make at all.
    """
    index = made_by.filled_index(f"{name}-data", 3)
    repository = made_by.repository(f"{name}-origin")
    made_by.snapshot(repository, name, index)
    copy = reader.folder(f"{reader.mine}-{name}")
    shutil.copytree(made_by.folder(repository), copy)
    reader.give(copy)
    return reader.repository(name, readonly=True)
