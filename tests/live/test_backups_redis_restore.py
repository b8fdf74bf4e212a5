# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of Redis that are restored into real servers: files placed while they are stopped, or keys written anew."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_restore, redis_save
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .backups_redis_help import ADMIN, PASSWORD, Own, backed_up, digest, fill, own_server, programs_of_valkey, restored
from .own_plays import play

KEYS = 613
NO_FILES = ('save ""', "appendonly no")
APPEND_ONLY = ('save ""', "appendonly yes")
SAVES = ("save 3600 1", "appendonly no")


@contextmanager
def filled(folder: Path, *settings: str, program: str = "redis-server") -> Iterator[tuple[Own, Path, bytes]]:
    """Give a server with keys, the folder with its backup, and a checksum over all that it holds."""
    with own_server(folder / "own", *settings, program=program) as server:
        fill(server)
        backed_up(server, folder / "backups", verify="L2")
        yield server, folder / "backups", digest(server)


def keys(server: Own) -> int:
    with server.client() as client:
        return sum(database["keys"] for database in client.info("keyspace").values())


@pytest.mark.parametrize("settings", [NO_FILES, APPEND_ONLY, SAVES], ids=["no files", "append only", "saves"])
def test_all_keys_are_back(tmp_path: Path, settings: tuple[str, ...]) -> None:
    with filled(tmp_path, *settings) as (server, path, before):
        users = (server.folder / "users.acl").read_bytes()
        with server.client() as client:
            client.flushall()
            client.set("written since", "kept aside")
        with pytest.raises(OpsError, match=r"the server holds 1 keys.*force: true"):
            restored(server, path)
        planned = restored(server, path, check_mode=True, force=True)
        assert (planned.changed, keys(server), planned.data["kept"]) == (True, 1, None)
        assert planned.diff is not None
        assert planned.diff["before"] == "1 keys\n"

        done = restored(server, path, force=True)

        assert (done.data["keys_in_backup"], done.data["held"], done.data["keys_before"]) == (KEYS, KEYS, 1)
        assert done.data["append_only"] == (settings == APPEND_ONLY)
        assert done.data["types_compared"]
        assert digest(server) == before
        assert (server.folder / "users.acl").read_bytes() == users
        with server.client() as client:
            assert 3500 < client.ttl("expires") <= 3600
            client.set("written after", 1)
            assert client.config_get("appendonly")["appendonly"] == ("yes" if settings == APPEND_ONLY else "no")
            client.bgrewriteaof()
            wait_for("the rewrite", lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
            client.execute_command("DEBUG", "LOADAOF" if settings == APPEND_ONLY else "RELOAD")
            assert client.dbsize() == KEYS  # less one of another database, and one more
        _old_data_are_aside(server, done.data, tmp_path)
        again = restored(server, path, force=True)
        assert (keys(server), again.data["keys_before"]) == (KEYS, KEYS + 1)
        assert again.data["kept"] != done.data["kept"]


def _old_data_are_aside(server: Own, data: dict[str, Any], folder: Path) -> None:
    """Start a server with what was put aside: it holds what was there before."""
    kept = Path(data["kept"])
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    append_only = "yes" if data["append_only"] else "no"
    with own_server(folder / "aside", 'save ""', "appendonly no") as other:
        other.end()
        shutil.copytree(kept, other.folder / "data", dirs_exist_ok=True)
        conf = (other.folder / "conf").read_text().replace("appendonly no", f"appendonly {append_only}")
        (other.folder / "conf").write_text(conf)
        other.start()
        with other.client() as client:
            assert (client.dbsize(), client.get("written since")) == (1, b"kept aside")


def test_a_server_that_does_not_run_gets_its_files(tmp_path: Path) -> None:
    with filled(tmp_path, *APPEND_ONLY) as (server, path, before):
        server.end()
        shutil.rmtree(server.folder / "data")
        (server.folder / "data").mkdir()
        with pytest.raises(InputError, match="give dir, dbfilename, appendonly"):
            restored(server, path)
        done = restored(server, path, dir=str(server.folder / "data"), appendonly=True)
        assert (done.data["keys_before"], done.data["kept"], digest(server)) == (None, None, before)
        server.end()
        with pytest.raises(OpsError, match="the server does not run, and has files"):
            restored(server, path, dir=str(server.folder / "data"), appendonly=True)


def test_what_does_not_come_up_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, *APPEND_ONLY) as (server, path, before):

        def refuse(*_arguments: Any) -> Any:
            raise OpsError("something is missing")

        files = sorted(os.listdir(server.folder / "data"))
        monkeypatch.setattr(redis_restore, "require_restored", refuse)
        with pytest.raises(OpsError, match="something is missing; the old data are back"):
            restored(server, path, force=True)
        assert (digest(server), sorted(os.listdir(server.folder / "data"))) == (before, files)
        monkeypatch.undo()

        # the server refuses to start with the new files: as the program that starts it fails
        starts = tmp_path / "starts"
        starts.write_text(
            f"#!/bin/sh\n[ -e {tmp_path}/second ] || {{ touch {tmp_path}/second; exit 3; }}\nexec "
            + " ".join(server.start_command)
        )
        starts.chmod(0o755)
        with pytest.raises(OpsError, match=r"status 3.*the old data are back"):
            restored(server, path, force=True, start_command=[str(starts)])
        assert (digest(server), sorted(os.listdir(server.folder / "data"))) == (before, files)


def test_a_server_that_does_not_stop_is_left_alone(tmp_path: Path) -> None:
    with filled(tmp_path, *NO_FILES) as (server, path, before):
        with pytest.raises(OpsError, match="the server was stopped and still answers"):
            restored(server, path, force=True, stop_command=["true"], wait="0.3")
        assert digest(server) == before
        assert not [name for name in os.listdir(server.folder / "data") if "before" in name or "restore" in name]


def test_a_broken_backup_touches_nothing(tmp_path: Path) -> None:
    with filled(tmp_path, *NO_FILES) as (server, path, before):
        (file,) = path.glob("own/*/dump.rdb")
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
        with pytest.raises(OpsError, match="another checksum"):
            restored(server, path, force=True)
        assert digest(server) == before


@pytest.mark.parametrize("flush", [False, True])
def test_keys_are_replayed_into_a_server_whose_files_are_out_of_reach(tmp_path: Path, flush: bool) -> None:
    with filled(tmp_path, *NO_FILES) as (server, path, before):
        with server.client() as client:
            client.flushall()
            client.set("list", "of another type")
            client.set("written since", 1)
        with pytest.raises(OpsError, match="the server holds 2 keys"):
            restored(server, path, method="replay", flush=flush)
        assert restored(server, path, check_mode=True, method="replay", flush=flush, force=True).data["written"] is None
        done = restored(server, path, method="replay", flush=flush, force=True)
        assert done.data["written"] == KEYS
        assert keys(server) == KEYS + (not flush)
        with server.client() as client:
            assert 3500 < client.ttl("expires") <= 3600
            client.delete("written since")
        assert digest(server) == before


def test_an_empty_server_is_backed_up_and_restored(tmp_path: Path) -> None:
    with own_server(tmp_path / "own", *APPEND_ONLY) as server:
        made = backed_up(server, tmp_path / "backups", verify="L4")
        assert (made.data["facts"]["keys"], made.data["level"]) == (0, "L4")
        assert restored(server, tmp_path / "backups").data["held"] == 0
        assert restored(server, tmp_path / "backups", method="replay").data["written"] == 0


def test_a_unit_of_systemd_is_stopped_and_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path, *APPEND_ONLY) as (server, path, before):
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin/systemctl"
        stop, start = server.commands["stop_command"][2], " ".join(server.start_command)
        program.write_text(
            f"#!/bin/sh\necho $* >>{tmp_path}/calls\ncase $3 in\nstop) {stop};;\nstart) {start};;\nesac\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
        with server.client() as client:
            client.flushall()
        none: dict[str, Any] = {"stop_command": None, "start_command": None}
        done = restored(server, path, service="redis-server", **none)
        assert (done.data["held"], digest(server)) == (KEYS, before)
        calls = (tmp_path / "calls").read_text().splitlines()
        assert calls == [f"--system --no-pager {word} -- redis-server" for word in ("stop", "start")]
        with pytest.raises(InputError, match="service: expected the name of one unit"):
            restored(server, path, service="*", force=True, **none)


def test_a_server_of_another_host_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names a folder that is here, too, and is another one."""
    with filled(tmp_path, *NO_FILES) as (server, path, before):
        other = tmp_path / "other"
        other.mkdir()
        asked = redis_save.setting
        monkeypatch.setattr(
            redis_restore, "setting", lambda client, name: str(other) if name == "dir" else asked(client, name)
        )
        with pytest.raises(InputError, match="does not run on this host, or runs in a container"):
            restored(server, path, force=True)
        assert (digest(server), os.listdir(other)) == (before, [])


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    with filled(tmp_path, *NO_FILES) as (server, path, _before):
        left = server.folder / "data/.day2-restore-20260101T000000Z-x.rdb"
        left.write_bytes(b"plain")
        restored(server, path, force=True)
        assert not left.exists()


def test_an_append_only_file_of_one_piece(tmp_path: Path) -> None:
    """As Redis before 7 has it; a newer server takes it, too, and makes parts of it."""
    with filled(tmp_path, *APPEND_ONLY) as (server, path, before):
        server.end()
        shutil.rmtree(server.folder / "data")
        (server.folder / "data").mkdir()
        done = restored(server, path, dir=str(server.folder / "data"), appendonly=True, appenddirname="")
        assert (done.data["held"], digest(server)) == (KEYS, before)


def test_users_who_may_nothing_else_can_restore(tmp_path: Path) -> None:
    with filled(tmp_path, *NO_FILES) as (server, path, before):
        done = restored(server, path, force=True, login_user="restore", login_password=PASSWORD)
        assert done.data["types_compared"]
        login: dict[str, Any] = {"login_user": "replay", "login_password": PASSWORD}
        assert restored(server, path, method="replay", force=True, flush=True, **login).data["written"] == KEYS
        assert digest(server) == before


def test_the_modules_tell_no_secret(tmp_path: Path) -> None:
    with filled(tmp_path, *APPEND_ONLY) as (server, path, before):
        common = {**server.login, "path": str(path), "name": "own"}
        tasks = [
            {"day2.ops.redis_backup": {**common, "verify": "L4"}},
            {"day2.ops.redis_backup": common, "check_mode": True},
            {"day2.ops.redis_restore": {**common, **server.commands, "force": True}, "check_mode": True},
            {"day2.ops.redis_restore": {**common, **server.commands, "force": True}},
            {"day2.ops.redis_restore": {**common, **server.commands}, "ignore_errors": True},
        ]
        text = json.dumps([{"hosts": "good", "gather_facts": False, "tasks": tasks}])
        status, said = play(tmp_path, text, "", "-vvv", "--diff")
        assert status == 0, said
        assert "L4," in said
        assert "the server holds 613 keys" in said
        assert digest(server) == before
        assert ADMIN not in said
        for manifest in path.glob("own/*/manifest.json"):
            assert ADMIN not in manifest.read_text()


def test_functions_and_a_replica(tmp_path: Path) -> None:
    library = "#!lua name=mine\nredis.register_function('one', function() return 1 end)"
    with own_server(tmp_path / "own", *NO_FILES) as server, server.client() as client:
        client.function_load(library)
        backed_up(server, tmp_path / "backups", verify="L4")
        client.function_flush()
        assert restored(server, tmp_path / "backups", method="replay").data["functions"]
        assert client.fcall("one", 0) == 1
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(OpsError, match=r"the server is a replica.*restore at its primary, 127.0.0.1:1"):
            restored(server, tmp_path / "backups")


def test_valkey_with_its_own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with programs_of_valkey(tmp_path / "bin") as folder:
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        with own_server(tmp_path / "own", *APPEND_ONLY, program="valkey-server") as server:
            fill(server)
            path, before = tmp_path / "backups", digest(server)
            made = backed_up(server, path, verify="L4", bin_dir=str(folder))
            assert "alkey" in made.data["proofs"][3]["found"]["server"]
            assert backed_up(server, path, verify="L2", bin_dir=str(folder)).data["level"] == "L2"
            with server.client() as client:
                client.flushall()
            assert restored(server, path, bin_dir=str(folder)).data["held"] == KEYS
            assert digest(server) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sentinels": ["h"], "sentinel_service": "s", "login_unix_socket": None}, "sentinels would take the restart"),
        ({"flush": True}, "flush is for method: replay"),
        ({"stop_command": None, "start_command": None}, "nothing says how the server is stopped"),
        ({"dbfilename": "../x"}, "expected the name of a file"),
        ({"dir": "/no/such"}, "no such folder"),
        ({"backup": "20200101T000000Z-x"}, "there is no backup 20200101T000000Z-x"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    with own_server(tmp_path / "own", *NO_FILES) as server:
        backed_up(server, tmp_path / "backups", verify="L1")
        with pytest.raises(OpsError, match=words):
            restored(server, tmp_path / "backups", **options)
        assert server.answers()
