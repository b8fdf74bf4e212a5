# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files below a folder: no link is followed, nothing is half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.config_members import Member
from ansible_collections.day2.ops.plugins.module_utils._backups.config_tree import TEMPORARY, Tree, difference
from ansible_collections.day2.ops.plugins.module_utils._core.errors import NotThere, OpsError

LINES = b"some lines\n"
FILE = Member("a/b/file", "file", 0o640, os.geteuid(), os.getegid(), 1_000_000_000, len(LINES), "")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    made = Tree(tmp_path / "in")
    yield made
    made.close()


def test_a_file_is_put_with_its_attributes(tree: Tree, tmp_path: Path) -> None:
    tree.make_folder("a/b")
    tree.put_file(FILE, [LINES[:5], LINES[5:]], owner=os.geteuid() == 0)
    path = tmp_path / "in" / "a" / "b" / "file"
    assert path.read_bytes() == LINES
    assert (path.stat().st_mode & 0o7777, path.stat().st_mtime) == (0o640, 1_000_000_000)
    assert tree.names("a/b") == ["file"]


def test_what_breaks_off_leaves_the_old_file(tree: Tree, tmp_path: Path) -> None:
    path = tmp_path / "in" / "a" / "b" / "file"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")

    def breaking() -> Iterator[bytes]:
        yield b"half"
        raise OpsError("cut")

    with pytest.raises(OpsError, match="cut"):
        tree.put_file(FILE, breaking(), owner=False)
    assert (path.read_bytes(), tree.names("a/b")) == (b"old", ["file"])


def test_links_on_the_way_are_not_followed(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "in" / "a").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "b").mkdir()
    for act in (
        lambda: tree.put_file(FILE, [LINES], owner=False),
        lambda: tree.make_folder("a/c"),
        lambda: tree.put_link(Member("a/l", "link", 0o777, 0, 0, 0, target="x"), owner=False),
        lambda: tree.status("a/b"),
        lambda: tree.names("a"),
        lambda: tree.sha256("a/b"),
    ):
        with pytest.raises(OpsError, match="link or a file in the place of a folder"):
            act()
    assert os.listdir(tmp_path / "out") == ["b"]
    assert not os.listdir(tmp_path / "out" / "b")


def test_a_link_at_the_end_is_replaced_not_followed(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "out" / "victim").write_bytes(b"mine")
    (tmp_path / "in" / "file").symlink_to(tmp_path / "out" / "victim")
    with pytest.raises(OpsError):
        tree.open("file")
    with pytest.raises(OpsError):
        tree.attribute(FILE._replace(path="file"), owner=False)
    tree.put_file(FILE._replace(path="file"), [LINES], owner=False)
    assert (tmp_path / "out" / "victim").read_bytes() == b"mine"
    assert (tmp_path / "in" / "file").read_bytes() == LINES


def test_what_is_missing_is_none_or_said(tree: Tree) -> None:
    assert tree.status("no/such") is None
    with pytest.raises(NotThere, match="it is not there"):
        tree.open("no/such")
    assert difference(tree, FILE, owner=False) == "missing"


def test_what_a_killed_run_left_is_swept(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "in" / f"{TEMPORARY}123").write_bytes(b"half")
    (tmp_path / "in" / "other").write_bytes(b"")
    tree.settle("")
    assert tree.names("") == ["other"]
