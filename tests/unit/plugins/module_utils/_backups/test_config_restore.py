# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""config_restore: only what differs is written, nothing outside, secrets are not shown, what was replaced is kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import config_tree
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.config_archive import Archive, best_packing
from ansible_collections.day2.ops.plugins.module_utils._backups.config_members import Index, Member, written
from ansible_collections.day2.ops.plugins.module_utils._backups.draft import Draft
from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import File, write_manifest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError

from .config_help import Etc, seen


@pytest.fixture
def etc(tmp_path: Path) -> Etc:
    return Etc(tmp_path)


def test_below_a_folder(etc: Etc) -> None:
    etc.hostile()
    etc.back_up()
    planned = etc.restore(check_mode=True)
    assert (planned.changed, (etc.folder / "restored").exists()) == (True, False)
    done = etc.restore()
    assert done.data["created"] == planned.data["created"] == 17
    assert seen(etc.restored()) == seen(etc.etc)
    again = etc.restore()
    assert (again.changed, again.diff, again.data["unchanged"]) == (False, None, 17)
    assert not etc.restore(check_mode=True).changed
    json.dumps(done.as_exit_arguments()).encode("utf-8")


def test_in_place(etc: Etc) -> None:
    etc.back_up()
    before = seen(etc.etc)
    (etc.etc / "main.conf").write_text("port 81\nuser www\n")
    (etc.etc / "conf.d" / "one.conf").chmod(0o600)
    (etc.etc / "conf.d" / "enabled").unlink()
    (etc.etc / "empty").rmdir()
    inode = (etc.etc / "conf.d" / "one.conf").stat().st_ino
    planned = etc.in_place(check_mode=True)
    done = etc.in_place()
    assert done.data["changes"] == planned.data["changes"]
    assert [(Path(one["path"]).name, one["change"]) for one in done.data["changes"]] == [
        ("enabled", "missing"),
        ("one.conf", "mode"),
        ("empty", "missing"),
        ("main.conf", "content"),
    ]
    assert seen(etc.etc) == before
    assert (etc.etc / "conf.d" / "one.conf").stat().st_ino == inode
    assert done.diff is not None
    assert "-port 81\n+port 80\n user www\n" in done.diff["prepared"]
    assert not etc.in_place().changed


def test_what_is_replaced_is_kept_and_can_be_put_back(etc: Etc) -> None:
    etc.back_up()
    (etc.etc / "main.conf").write_text("mine\n")
    (etc.etc / "extra").write_text("more\n")
    before = seen(etc.etc)
    done = etc.in_place(delete_extra=True)
    assert Path(done.data["kept"]).parent.name == "config-before-restore"
    assert not (etc.etc / "extra").exists()
    undone = etc.in_place(name="config-before-restore")
    assert seen(etc.etc) == before
    assert Path(undone.data["kept"]).parent.name == "config-before-restore"
    assert etc.in_place(keep_old=False).data["kept"] is None


def test_what_was_replaced_below_a_folder_is_put_back_there(etc: Etc) -> None:
    etc.back_up()
    etc.restore()
    etc.restored("main.conf").write_text("mine\n")
    assert etc.restore().data["replaced"] == 1
    undone = etc.restore(name="config-before-restore")
    assert (undone.data["replaced"], etc.restored("main.conf").read_text()) == (1, "mine\n")


def test_what_is_kept_is_none_when_nothing_is_replaced(etc: Etc) -> None:
    etc.back_up()
    (etc.etc / "main.conf").unlink()
    assert etc.in_place().data["kept"] is None


def test_some_of_it(etc: Etc) -> None:
    etc.back_up()
    etc.restore(only=["conf.d/*.conf"])
    assert sorted(seen(etc.restored())) == ["conf.d", "conf.d/one.conf"]
    etc.restore(only=[str(etc.etc / "conf.d")])
    assert sorted(seen(etc.restored())) == ["conf.d", "conf.d/enabled", "conf.d/one.conf"]
    with pytest.raises(NotThere, match="nothing in the backup matches"):
        etc.restore(only=["*.none"])


def test_extra_things_are_removed_only_when_asked_for_and_only_inside(etc: Etc) -> None:
    (etc.etc / "conf.d" / "kept.bak").touch()
    (etc.etc / "cache").mkdir()
    etc.back_up(paths=[str(etc.etc / "conf.d"), str(etc.etc / "main.conf"), str(etc.etc / "cache")], excludes=["*.bak"])
    (etc.etc / "outside").touch()
    (etc.etc / "conf.d" / "extra" / "deep").mkdir(parents=True)
    (etc.etc / "conf.d" / "extra" / "deep" / "file").touch()
    (etc.etc / "conf.d" / "partly").mkdir()
    (etc.etc / "conf.d" / "partly" / "x.bak").touch()
    (etc.etc / "conf.d" / "partly" / "y").touch()
    (etc.etc / "cache" / "link").symlink_to(etc.etc / "conf.d")
    os.mkfifo(etc.etc / "cache" / "pipe")
    assert not etc.in_place().changed
    assert etc.in_place(delete_extra=True, only=["cache"], check_mode=True).data["removed"] == 1
    done = etc.in_place(delete_extra=True)
    assert done.changed
    left = set(seen(etc.etc))
    assert not left & {"conf.d/extra", "conf.d/partly/y", "cache/link"}
    assert left >= {"outside", "conf.d/kept.bak", "conf.d/partly/x.bak", "cache/pipe", "conf.d/one.conf"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": "relative"}, "absolute path"),
        ({"to": "/a/../b"}, "absolute path"),
        ({"to": "/"}, "belong together"),
        ({"in_place": True}, "belong together"),
        ({"only": [""]}, "only: an empty pattern"),
        ({"backup": "20000101T000000Z-x"}, "there is no backup"),
        ({"name": "other"}, "there is no backup"),
    ],
)
def test_what_is_wrong_is_told(etc: Etc, options: dict[str, Any], words: str) -> None:
    etc.back_up()
    with pytest.raises(OpsError, match=words):
        etc.restore(**options)


def test_a_link_as_the_target_is_refused(etc: Etc) -> None:
    etc.back_up()
    (etc.folder / "elsewhere").mkdir()
    for link in ("restored", "other"):
        (etc.folder / link).symlink_to(etc.folder / "elsewhere")
        with pytest.raises(InputError, match="this is a link"):
            etc.restore(to=str(etc.folder / link) + "/")
    assert not os.listdir(etc.folder / "elsewhere")


def _plant_a_pipe(etc: Path, _out: Path) -> None:
    (etc / "main.conf").unlink()
    os.mkfifo(etc / "main.conf")


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (
            lambda etc, out: [(etc / "conf.d/one.conf").unlink(), (etc / "conf.d/one.conf").mkdir()],
            "a folder is in the",
        ),
        (lambda etc, out: [(etc / "empty").rmdir(), (etc / "empty").touch()], "a file is in the"),
        (lambda etc, out: [(etc / "empty").rmdir(), (etc / "empty").symlink_to(out)], "a link is in the"),
        (lambda etc, out: [(etc / "conf.d").rename(etc / "x"), (etc / "conf.d").symlink_to(out)], "a link is in the"),
        (_plant_a_pipe, "a device, socket or pipe"),
    ],
)
def test_what_is_in_the_way_is_told_and_left(etc: Etc, plant: Callable[[Path, Path], Any], words: str) -> None:
    etc.back_up()
    out = etc.folder / "out"
    out.mkdir()
    (etc.etc / "conf.d" / "enabled").unlink()
    plant(etc.etc, out)
    with pytest.raises(OpsError, match=words):
        etc.in_place()
    assert not os.listdir(out)
    assert not (etc.etc / "conf.d" / "enabled").is_symlink()


def test_a_link_in_the_place_of_a_file_is_replaced(etc: Etc) -> None:
    etc.back_up()
    victim = etc.folder / "victim"
    victim.write_text("mine")
    (etc.etc / "main.conf").unlink()
    (etc.etc / "main.conf").symlink_to(victim)
    etc.in_place()
    assert (victim.read_text(), (etc.etc / "main.conf").is_symlink()) == ("mine", False)


SECRETS = {
    ".env": "A=hidden1\n",
    "tls.key": "hidden2\n",
    "db_password.txt": "hidden3\n",
    "api-token": "hidden4\n",
    "app.conf": "port: 1\npassword: hidden5\n",
    "bundle.txt": "-----BEGIN PRIVATE KEY-----\nhidden6\n",
    "closed.conf": "hidden7\n",
    "vault.yml": "$ANSIBLE_VAULT;1.1;AES256\nhidden8\n",
    "binary": "\0hidden9\n",
    "large": "hidden0\n" * 10_000,
    "id_ed25519": "hidden10\n",
}


@pytest.mark.parametrize("shows", [None, True, False])
def test_what_a_diff_hides(etc: Etc, shows: bool | None) -> None:
    for name, text in SECRETS.items():
        (etc.etc / name).write_text(text)
    (etc.etc / "closed.conf").chmod(0o640)
    etc.back_up()
    for name, text in SECRETS.items():
        (etc.etc / name).write_text(text.replace("hidden", "hidden-too").replace("port: 1", "port: 2"))
    (etc.etc / "main.conf").write_text("port 81\nuser www\n")
    told = etc.in_place(check_mode=True, diff_contents=shows)
    assert told.diff is not None
    diff = told.diff["prepared"]
    shown = diff.replace("hidden7", "") if shows else diff
    assert "hidden" not in shown.replace("hidden-too7", "")
    assert ("hidden7" in diff) == (shows is True)
    assert ("+port 80" in diff, "+port: 1" in diff) == (shows is not False, shows is not False)
    assert all(name in diff for name in SECRETS)


def test_links_that_lead_out_are_kept_or_refused(etc: Etc) -> None:
    (etc.etc / "absolute").symlink_to("/usr/share/zoneinfo/UTC")
    etc.back_up()
    with pytest.raises(OpsError, match="leads out of the folder, to /usr/share/zoneinfo/UTC"):
        etc.restore(outside_links="refuse")
    assert not (etc.folder / "restored").exists() or not os.listdir(etc.folder / "restored")
    etc.restore()
    assert os.readlink(etc.restored("absolute")) == "/usr/share/zoneinfo/UTC"
    (etc.etc / "absolute").unlink()
    etc.back_up()
    assert etc.restore(outside_links="refuse", only=["conf.d"]).data["unchanged"] == 3


def forge(etc: Etc, members: list[Member], content: bytes = b"") -> None:
    """Put another archive and index into the newest backup, with all checksums right."""
    backup = read_catalog(etc.backups / "config").backups[0]
    for file in backup.manifest.files:
        (backup.folder / file.path).unlink()
    draft = Draft(backup.folder, "x", 0.0, None, 60.0)
    packing = best_packing()
    members = [
        one._replace(size=len(content), sha256=hashlib.sha256(content).hexdigest()) if one.type == "file" else one
        for one in members
    ]
    with draft.writing(packing.file, packing.packing) as sink, packing.into(sink) as packed, Archive(packed) as archive:
        for member in members:
            if member.type == "file":
                (etc.folder / "content").write_bytes(content)
                archive.add_file(member, os.open(etc.folder / "content", os.O_RDONLY))
            else:
                archive.add(member)
    index = Index(("etc",), (), tuple(members))
    draft.write("index.jsonl", b"".join(written(index)))
    files = tuple(File(file.path, file.size, file.sha256) for file in draft.files)
    write_manifest(backup.folder, replace(backup.manifest, files=files, facts=index.facts()))


FILE = Member("etc/file", "file", 0o644, os.geteuid(), os.getegid(), 0)


@pytest.mark.parametrize(
    "members",
    [
        [FILE._replace(path="../planted")],
        [FILE._replace(path="/tmp/planted")],
        [FILE._replace(path="etc/../../planted")],
        [Member("etc", "link", 0o777, 0, 0, 0, target=".."), FILE._replace(path="etc/planted")],
        [Member("etc", "link", 0o777, 0, 0, 0, target="/tmp"), FILE._replace(path="etc/planted")],
    ],
)
def test_a_forged_backup_writes_nothing_outside(etc: Etc, members: list[Member]) -> None:
    etc.back_up()
    forge(etc, members, b"planted")
    with pytest.raises(OpsError):
        etc.restore()
    assert not list(etc.folder.rglob("planted"))
    assert not Path("/tmp/planted").exists()


def test_a_restore_that_is_cut_leaves_each_file_old_or_new(etc: Etc, monkeypatch: pytest.MonkeyPatch) -> None:
    etc.back_up()
    for name in ("main.conf", "conf.d/one.conf"):
        (etc.etc / name).write_text("mine\n")

    def full(_handle: int, _piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(config_tree, "_write_all", full)
    with pytest.raises(OpsError, match="No space left") as failed:
        etc.in_place()
    assert failed.value.details["changed"]
    assert Path(failed.value.details["kept"]).is_dir()
    assert failed.value.details["to"] == "/"
    assert [one["change"] for one in failed.value.details["changes"]] == ["content", "content"]
    assert (etc.etc / "main.conf").read_text() == "mine\n"
    monkeypatch.undo()
    assert etc.in_place().data["replaced"] == 2
    assert not [name for name in seen(etc.etc) if "restore" in name]
