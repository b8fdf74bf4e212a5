# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""config_backup: what is found, the same bytes for the same content, nothing new when nothing has changed."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import socket
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import config_archive, config_source, config_tree
from ansible_collections.day2.ops.plugins.module_utils._backups.config_backup import bytes_of
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import parse, with_failure, write_manifest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError

from .config_help import NAMES, Etc

UNPRIVILEGED = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


@pytest.fixture
def etc(tmp_path: Path) -> Etc:
    return Etc(tmp_path)


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_source, "_PAUSE", 0.0)


@pytest.fixture
def _gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no zstd."""
    monkeypatch.setattr(shutil, "which", lambda _name: None)


def paths_of(etc: Etc, **options: Any) -> list[str]:
    """Return what would be backed up, below ``etc``."""
    plan = etc.back_up(check_mode=True, **options).data["plan"]["paths"]
    return [str(Path(path).relative_to(etc.folder)) for path in plan]


def test_all_is_found(etc: Etc) -> None:
    assert paths_of(etc) == [
        "etc",
        "etc/conf.d",
        "etc/conf.d/enabled",
        "etc/conf.d/one.conf",
        "etc/empty",
        "etc/main.conf",
    ]


def test_a_backup_and_then_none(etc: Etc) -> None:
    planned = etc.back_up(check_mode=True)
    assert (planned.changed, etc.backups.exists()) == (True, False)
    made = etc.back_up()
    assert (made.changed, made.data["level"], made.data["facts"]["files"], made.data["facts"]["links"]) == (
        True,
        "L2",
        2,
        1,
    )
    again = etc.back_up()
    assert (again.changed, again.data["backup"]) == (False, made.data["backup"])
    assert not etc.back_up(check_mode=True).changed


@pytest.mark.parametrize(
    "change",
    [
        lambda etc: (etc / "main.conf").write_text("PORT 80\nuser www\n"),
        lambda etc: (etc / "main.conf").chmod(0o600),
        lambda etc: (etc / "main.conf").rename(etc / "other.conf"),
        lambda etc: (etc / "empty").rmdir(),
        lambda etc: (etc / "new").touch(),
        lambda etc: [(etc / "conf.d/enabled").unlink(), (etc / "conf.d/enabled").symlink_to("..")],
    ],
)
def test_a_change_makes_a_new_one(etc: Etc, change: Any) -> None:
    first = etc.back_up()
    change(etc.etc)
    second = etc.back_up()
    assert (second.changed, second.data["backup"] != first.data["backup"]) == (True, True)


def test_a_time_of_change_alone_makes_none(etc: Etc) -> None:
    etc.back_up()
    os.utime(etc.etc / "main.conf", (1, 1))
    assert not etc.back_up().changed


def test_what_else_makes_a_new_one(etc: Etc) -> None:
    etc.back_up()
    assert not etc.back_up(renew_after="1h").changed
    assert etc.back_up(renew_after=0).changed
    assert etc.back_up(verify="L4").data["level"] == "L4"
    assert not etc.back_up(verify="L3").changed


def test_a_backup_that_is_cut_is_not_taken_for_one(etc: Etc) -> None:
    folder = Path(etc.back_up().data["path"])
    os.truncate(next(folder.glob("files.*")), 10)
    assert etc.back_up().changed


def test_a_backup_that_failed_a_proof_is_not_taken_for_one(etc: Etc) -> None:
    folder = Path(etc.back_up().data["path"])
    manifest = parse((folder / "manifest.json").read_bytes())
    write_manifest(folder, with_failure(manifest, "L2", "cut", manifest.finished_at, 0.0))
    assert etc.back_up().changed


@pytest.mark.usefixtures("_gzip")
def test_the_same_content_is_the_same_bytes_by_gzip(etc: Etc) -> None:
    first, second = (Path(etc.back_up(name=name).data["path"]) / "files.tar.gz" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[4:8] == bytes(4)
    assert etc.restore(name="a").data["created"] == 6


def test_the_same_content_is_the_same_bytes(etc: Etc) -> None:
    etc.hostile()
    first, second = (Path(etc.back_up(name=name).data["path"]) for name in ("a", "b"))
    for file in ("index.jsonl", *(path.name for path in first.glob("files.*"))):
        assert (first / file).read_bytes() == (second / file).read_bytes()


@pytest.mark.usefixtures("_gzip")
def test_others_can_read_the_archive(etc: Etc) -> None:
    etc.hostile()
    archive = Path(etc.back_up().data["path"]) / "files.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive.read_bytes()))) as tar:
        names = {Path(name).name for name in tar.getnames()}
        owners = {(member.uname, member.gname) for member in tar}
    assert names >= set(NAMES)
    assert owners == {("", "")}


def test_results_and_manifests_are_text(etc: Etc) -> None:
    etc.hostile()
    made = etc.back_up(verify="L4")
    json.dumps(made.as_exit_arguments()).encode("utf-8")
    manifest = (Path(made.data["path"]) / "manifest.json").read_text()
    assert "main.conf" not in manifest


@pytest.mark.parametrize(
    ("excludes", "left"),
    [
        (["*.conf"], ["etc", "etc/conf.d", "etc/conf.d/enabled", "etc/empty"]),
        (["conf.d"], ["etc", "etc/empty", "etc/main.conf"]),
        (["conf.d/*.conf", "empty/"], ["etc", "etc/conf.d", "etc/conf.d/enabled", "etc/main.conf"]),
    ],
)
def test_what_is_excluded(etc: Etc, excludes: list[str], left: list[str]) -> None:
    assert paths_of(etc, excludes=excludes) == left


def test_patterns_of_paths(etc: Etc) -> None:
    assert paths_of(etc, paths=[f"{etc.etc}/**/*.conf", f"{etc.etc}/conf.d"]) == [
        "etc/conf.d",
        "etc/conf.d/enabled",
        "etc/conf.d/one.conf",
        "etc/main.conf",
    ]
    (etc.etc / "a[1]").touch()
    assert paths_of(etc, paths=[f"{etc.etc}/a[1]"]) == ["etc/a[1]"]


def test_links_are_stored_or_followed(etc: Etc) -> None:
    (etc.folder / "link").symlink_to(etc.etc)
    with pytest.raises(InputError, match="this is a link"):
        etc.back_up(paths=[str(etc.folder / "link")])
    assert "link/conf.d/enabled" in paths_of(etc, paths=[str(etc.folder / "link")], follow_links=True)
    assert paths_of(etc, paths=[str(etc.folder / "link" / "main.conf")]) == ["etc/main.conf"]
    (etc.etc / "dangling").symlink_to("nowhere")
    (etc.etc / "conf.d" / "loop").symlink_to("..")
    made = etc.back_up(follow_links=True)
    assert (made.data["facts"]["files"], made.data["facts"]["links"]) == (3, 1)
    assert made.warnings == [f"not backed up: {etc.etc}/conf.d/loop (a link that leads to a folder that it is in)"]
    assert not etc.back_up(follow_links=True).changed


def test_what_is_no_file_is_told(etc: Etc) -> None:
    os.mkfifo(etc.etc / "pipe")
    listening = socket.socket(socket.AF_UNIX)
    place = os.getcwd()
    os.chdir(etc.etc)  # a socket's path must be short
    try:
        listening.bind("socket")
    finally:
        os.chdir(place)
        listening.close()
    made = etc.back_up(verify="L4")
    assert made.data["facts"]["skipped"] == 2
    assert made.warnings == [f"not backed up: {etc.etc}/pipe (a named pipe), {etc.etc}/socket (a socket)"]


def test_backups_are_not_backed_up(etc: Etc) -> None:
    inside = etc.etc / "backups"
    first = etc.back_up(path=str(inside))
    assert first.data["facts"]["files"] == 2
    assert not etc.back_up(path=str(inside)).changed


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"paths": []}, InputError, "at least one"),
        ({"paths": ["etc"]}, InputError, "absolute"),
        ({"paths": ["/etc/../etc"]}, InputError, "absolute"),
        ({"paths": ["/"]}, InputError, "root of the file system"),
        ({"paths": ["/no/such"]}, NotThere, "no such file or folder"),
        ({"paths": ["/no/such/*"]}, NotThere, "nothing matches"),
        ({"max_size": 10}, InputError, "the largest is .*main.conf"),
        ({"max_size": "much"}, InputError, "max_size"),
        ({"excludes": [""]}, InputError, "excludes"),
        ({"renew_after": "soon"}, InputError, "renew_after"),
        ({"encryption": {"method": "age"}}, InputError, "recipients, identity_file"),
        ({"encryption": {"method": "gpg"}}, InputError, "recipients are needed"),
        ({"encryption": {"method": "ansible-vault"}}, InputError, "vault_password_file"),
        ({"encryption": {"method": "age", "identity_file": "/no/such"}}, InputError, "cannot be read"),
        ({"verify": "L3", "rehearsal": {"no": 1}}, InputError, "unknown option no"),
    ],
)
def test_what_is_wrong_is_told(etc: Etc, options: dict[str, Any], kind: type[OpsError], words: str) -> None:
    with pytest.raises(kind, match=words):
        etc.back_up(**options)
    assert not list(etc.backups.glob("*/2*"))


@UNPRIVILEGED
def test_what_may_not_be_read_is_told(etc: Etc) -> None:
    (etc.etc / "main.conf").chmod(0)
    with pytest.raises(OpsError, match=r"Permission denied\): .*main.conf"):
        etc.back_up()


class Meddler:
    """Changes a file each time it has been opened, so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, file: Path, times: int, change: Any) -> None:
        self.left = times
        real = config_tree.Tree.open

        def opened(tree: config_tree.Tree, path: str, follow: bool = False) -> int:
            handle = real(tree, path, follow)
            if path.endswith(file.name) and self.left:
                self.left -= 1
                change(file)
            return handle

        monkeypatch.setattr(config_tree.Tree, "open", opened)


def growing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Have files become longer between their beginning and their end."""
    real, left = config_archive._same, [times]

    def same(before: os.stat_result, after: os.stat_result) -> bool:
        left[0] -= 1
        return left[0] < 0 and real(before, after)

    monkeypatch.setattr(config_archive, "_same", same)


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_file_that_changes_is_read_again(etc: Etc, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    (etc.etc / "main.conf").write_bytes(os.urandom(size))
    growing(monkeypatch, 2)
    made = etc.back_up(verify="L4")
    assert made.data["level"] == "L4"
    assert len(list(Path(made.data["path"]).iterdir())) == 3


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_file_that_never_rests_is_told(etc: Etc, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    (etc.etc / "main.conf").write_bytes(os.urandom(size))
    growing(monkeypatch, 1000)
    with pytest.raises(OpsError, match=r"changed each of 3 times while it was read: /.*conf; exclude it"):
        etc.back_up()
    assert not list(etc.backups.glob("*/*2*"))


@pytest.mark.parametrize("size", [10, 3 << 20])
def test_a_file_that_shrinks_or_grows_under_our_hands(etc: Etc, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    file = etc.etc / "main.conf"
    file.write_bytes(os.urandom(size))
    Meddler(monkeypatch, file, 2, lambda path: os.truncate(path, path.stat().st_size // 2))
    assert etc.back_up(verify="L4").data["level"] == "L4"


def test_a_file_that_vanishes_is_no_part_of_it(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    real = config_tree.Tree.open

    def opened(tree: config_tree.Tree, path: str, follow: bool = False) -> int:
        if path.endswith("one.conf") and os.path.exists(f"/{path}"):
            os.unlink(f"/{path}")
        return real(tree, path, follow)

    monkeypatch.setattr(config_tree.Tree, "open", opened)
    assert etc.back_up().data["facts"]["files"] == 1


def test_a_link_planted_in_the_place_of_a_folder_is_not_followed(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    (etc.folder / "shadow").mkdir()
    (etc.folder / "shadow" / "one.conf").write_text("secret\n")
    real = config_tree.Tree.open

    def opened(tree: config_tree.Tree, path: str, follow: bool = False) -> int:
        if not (etc.etc / "conf.d").is_symlink():
            (etc.etc / "conf.d").rename(etc.etc / "moved")
            (etc.etc / "conf.d").symlink_to(etc.folder / "shadow")
        return real(tree, path, follow)

    monkeypatch.setattr(config_tree.Tree, "open", opened)
    with pytest.raises(OpsError, match="link or a file in the place of a folder"):
        etc.back_up()


@pytest.mark.parametrize(
    ("text", "size"),
    [(1, 1), ("10", 10), ("1kB", 1000), ("1 KiB", 1024), ("1.5MB", 1_500_000), ("2GiB", 2 << 30), ("1TiB", 1 << 40)],
)
def test_sizes(text: object, size: int) -> None:
    assert bytes_of("max_size", text) == size


@pytest.mark.parametrize("text", ["", "x", "-1", "1 PB", True, None, "1e3"])
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(InputError, match="max_size"):
        bytes_of("max_size", text)
