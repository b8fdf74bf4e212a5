# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of real Redis servers: taken over the wire or by a save, checked, loaded apart, compared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups import redis_scratch
from ansible_collections.day2.ops.plugins.module_utils._backups.catalog import read_catalog
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_programs import PREFIX
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_server import connected
from ansible_collections.day2.ops.plugins.module_utils._backups.redis_types import count_types
from ansible_collections.day2.ops.plugins.module_utils._core.command import run
from ansible_collections.day2.ops.plugins.module_utils._core.errors import AccessDenied, InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.redis_connection import SPEC, connect
from ansible_collections.day2.ops.tests.lab.state import RedisClusterFacts, RedisFacts, RedisSentinelFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from .backups_redis_help import FILLED, PASSWORD, Own, backed_up, fill, own_server
from .cluster_help import of_cluster, of_sentinels


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """A server with keys of all types that saves by itself never."""
    with own_server(tmp_path_factory.mktemp("redis") / "own", 'save ""', "appendonly no") as own:
        fill(own)
        yield own


def found(result: Any, level: str) -> Any:
    return next(proof["found"] for proof in result.data["proofs"] if proof["level"] == level)


@pytest.mark.parametrize("options", [{}, {"method": "copy"}])
def test_a_backup_is_compared_with_what_the_server_held(server: Own, tmp_path: Path, options: dict[str, Any]) -> None:
    assertions = [
        {"command": ["LLEN", "list"], "expected": 2000},
        {"command": ["GET", "other"], "expected": "database", "db": 13},
        {"command": ["HGETALL", "object"], "expected": ["a", 1, "b", 2]},
        {"command": ["GET", "not there"], "expected": None},
    ]
    made = backed_up(server, tmp_path, verify="L4", rehearsal={"assertions": assertions}, **options)
    assert (made.changed, made.data["level"], made.data["files"]) == (True, "L4", ["dump.rdb"])
    assert made.data["facts"]["databases"] == {"0": {"keys": 612, "expires": 2}, "13": {"keys": 1, "expires": 0}}
    assert made.data["facts"]["changes"] == 0
    assert found(made, "L3")["databases"]["0"]["types"] == FILLED
    assert found(made, "L3")["loaded"] == 613
    assert found(made, "L4") == {"compared": "keys and expires by database", "give_or_take": 0, "assertions": 4}
    assert not list(Path(gettempdir()).glob(f"{PREFIX}*"))


def test_a_full_read_is_by_the_checker_and_counts(server: Own, tmp_path: Path) -> None:
    made = backed_up(server, tmp_path)
    assert made.data["level"] == "L2"
    assert found(made, "L2")["keys"] == 613
    assert found(made, "L2")["checked_by"] == "redis-check-rdb"


def test_a_user_who_may_nothing_else_can_back_up(server: Own, tmp_path: Path) -> None:
    login: dict[str, Any] = {"login_user": "backup", "login_password": PASSWORD}
    assert backed_up(server, tmp_path, verify="L3", **login).data["facts"]["keys"] == 613
    with pytest.raises(AccessDenied, match="no permissions to run the 'time' command"):
        backed_up(server, tmp_path, method="copy", rdb_path=str(server.folder / "data/dump.rdb"), **login)


def test_a_wrong_password_is_one_line(server: Own, tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match="check login_user and login_password") as failed:
        backed_up(server, tmp_path, login_password="wrong one")
    assert "wrong one" not in str(failed.value)
    assert not list(tmp_path.iterdir())


def test_check_mode_makes_nothing(server: Own, tmp_path: Path) -> None:
    planned = backed_up(server, tmp_path, check_mode=True)
    assert (planned.changed, planned.data["plan"]["keys"], list(tmp_path.iterdir())) == (True, 613, [])


def test_writes_meanwhile_make_the_facts_inexact_and_not_wrong(server: Own, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        with server.client(7) as client:
            number = 0
            while not stop.is_set():
                client.set(f"meanwhile:{number}", number)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = backed_up(server, tmp_path, verify="L4")
        exact = backed_up(server, tmp_path, verify="L4", method="copy")
    finally:
        stop.set()
        writer.join()
        with server.client(7) as client:
            client.flushdb()
    assert made.data["level"] == exact.data["level"] == "L4"
    assert found(exact, "L4")["give_or_take"] == 0


def test_keys_that_expired_since_are_not_missed(server: Own, tmp_path: Path) -> None:
    with server.client(3) as client:
        client.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
        client.set("gone", 1, px=1)
        try:
            made = backed_up(server, tmp_path, verify="L4")
        finally:
            client.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "1")
            client.flushdb()
    assert made.data["facts"]["databases"]["3"] == {"keys": 1, "expires": 1}
    assert (found(made, "L3")["keys"], found(made, "L3")["loaded"], found(made, "L3")["expired_since"]) == (614, 613, 1)


def test_encrypted_data_are_proven_without_a_plain_file(server: Own, tmp_path: Path) -> None:
    if shutil.which("age-keygen") is None:
        pytest.skip("no age on PATH")
    run(["age-keygen", "-o", str(tmp_path / "key")], 10)
    recipient = run(["age-keygen", "-y", str(tmp_path / "key")], 10).stdout.strip()
    encryption = {"method": "age", "recipients": [recipient], "identity_file": str(tmp_path / "key")}
    made = backed_up(server, tmp_path / "backups", verify="L4", encryption=encryption)
    assert made.data["files"] == ["dump.rdb.age"]
    data = (Path(made.data["path"]) / "dump.rdb.age").read_bytes()
    assert data.startswith(b"age-encryption.org")
    assert found(made, "L3")["loaded"] == 613
    blind = backed_up(server, tmp_path / "backups", encryption={"method": "age", "recipients": [recipient]})
    assert blind.data["level"] == "L1"


def test_tls(redis_tls: RedisFacts, tmp_path: Path, server: Own) -> None:
    login: dict[str, Any] = {
        "login_unix_socket": None,
        "login_host": redis_tls["host"],
        "login_port": redis_tls["tls_port"],
        "login_user": redis_tls["user"],
        "login_password": redis_tls["password"],
        "tls": True,
        "ca_certs": redis_tls["ca_certs"],
    }
    assert backed_up(server, tmp_path, **login, verify="L4").data["level"] == "L4"


@pytest.mark.parametrize("role", ["primary", "replica"])
def test_sentinels_lead_to_the_primary_or_a_replica(
    redis_sentinel: RedisSentinelFacts, tmp_path: Path, server: Own, role: str
) -> None:
    login = {**of_sentinels(redis_sentinel), "login_unix_socket": None, "from": role}
    made = backed_up(server, tmp_path, **login, verify="L3")
    manifest = json.loads((Path(made.data["path"]) / "manifest.json").read_text())
    assert manifest["server"]["role"] == ("master" if role == "primary" else "slave")


def test_a_node_of_a_cluster(redis_cluster: RedisClusterFacts, tmp_path: Path, server: Own) -> None:
    with connect(of_cluster_options(redis_cluster)) as cluster:
        for number in range(50):
            cluster.set(f"key:{number}", number)
    login: dict[str, Any] = {
        "login_unix_socket": None,
        "login_host": redis_cluster["host"],
        "login_port": redis_cluster["nodes"][0]["port"],
        "login_user": redis_cluster["user"],
        "login_password": redis_cluster["password"],
    }
    made = backed_up(server, tmp_path, verify="L4", **login)
    assert 0 < made.data["facts"]["keys"] < 50
    with connected(SPEC.validate({**login, "login_unix_socket": ""}, "test")) as (client, on):
        assert count_types(client, 0, on) == {"string": made.data["facts"]["keys"]}


def of_cluster_options(facts: RedisClusterFacts) -> dict[str, Any]:
    return SPEC.validate(of_cluster(facts), "test")


def test_what_a_killed_run_left_is_ended_and_removed(server: Own, tmp_path: Path) -> None:
    """The scratch server of a run that is killed goes on; the next run ends it."""
    made = backed_up(server, tmp_path)
    program = (
        "import sys; sys.path[:0] = {path!r}\n"
        "from pathlib import Path\n"
        "from ansible_collections.day2.ops.plugins.module_utils._backups.manifest import parse\n"
        "from ansible_collections.day2.ops.plugins.module_utils._backups.opened import Opened\n"
        "from ansible_collections.day2.ops.plugins.module_utils._backups.redis_scratch import scratch_server\n"
        "folder = Path({folder!r})\n"
        "manifest = parse((folder / 'manifest.json').read_bytes())\n"
        "with scratch_server(Opened(folder, manifest, None, 60)) as scratch:\n"
        "    print(scratch.loaded()['process_id'], flush=True)\n"
        "    sys.stdin.read()\n"
    ).format(path=[place for place in sys.path if place], folder=made.data["path"])
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path
    ) as run_of_ours:
        assert run_of_ours.stdout is not None
        scratch = int(run_of_ours.stdout.readline())
        run_of_ours.kill()
    assert Path(f"/proc/{scratch}").exists()
    backed_up(server, tmp_path, verify="L3")
    wait_for("the end of the scratch server", lambda: not is_running(scratch))
    assert not list(Path(gettempdir()).glob(f"{PREFIX}*"))


def is_running(pid: int) -> bool:
    """Tell whether the process is there and no zombie, which it stays where nobody takes it."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("at", [0, 5, 9, 30, 0.3, 0.6, 0.95, -9, -1])
def test_what_is_cut_or_changed_never_counts(
    server: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: float
) -> None:
    """A file that loses its end, or a bit, between the server and the proof: no level above L1 is reached."""
    from ansible_collections.day2.ops.plugins.module_utils._backups import redis_backup

    class Broken(redis_backup._Head):
        def __init__(self, sink: Any) -> None:
            super().__init__(sink)
            self.data = b""

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

    copied = redis_backup.RedisSource._copied

    def broken(self: Any, sink: Any) -> Any:
        held = Broken(None)
        outcome = copied(self, held)
        where = int(len(held.data) * at) if isinstance(at, float) else at
        data = bytearray(held.data)
        if at == -9:
            data = data[:-9]
        else:
            data[where] ^= 0x10
        sink.write(bytes(data))
        return outcome

    monkeypatch.setattr(redis_backup.RedisSource, "_copied", broken)
    for level in ("L2", "L3"):
        with pytest.raises(OpsError, match="L2 failed") as failed:
            backed_up(server, tmp_path, verify=level)
        assert failed.value.details["level_failed"] == "L2"
    assert not read_catalog(tmp_path / "own").backups
    assert not list(Path(gettempdir()).glob(f"{PREFIX}*"))


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"cluster": True, "login_unix_socket": None}, InputError, "node by node"),
        ({"from": "replica"}, InputError, "needs sentinels"),
        ({"bin_dir": "/no/such"}, InputError, "bin_dir: no such folder"),
        (
            {"verify": "L4", "rehearsal": {"assertions": [{"command": ["DEL", "x"], "expected": 1}]}},
            InputError,
            "reads",
        ),
        (
            {"verify": "L4", "rehearsal": {"assertions": [{"command": ["LLEN", "list"], "expected": 3}]}},
            OpsError,
            "L4 failed: the answer is 2000, not 3: LLEN list",
        ),
        ({"rehearsal": {"nonsense": 1}}, InputError, "nonsense"),
    ],
)
def test_what_is_wrong_is_told(
    server: Own, tmp_path: Path, options: dict[str, Any], kind: type[OpsError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        backed_up(server, tmp_path, **options)
    assert not (tmp_path / "own").is_dir() or not read_catalog(tmp_path / "own").backups


def test_what_does_not_fit_into_memory_is_not_loaded(
    server: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_scratch, "_free_memory", lambda: 1000)
    with pytest.raises(OpsError, match=r"too little memory for a scratch server: .* or verify to L2"):
        backed_up(server, tmp_path, verify="L3")
    monkeypatch.setattr(redis_scratch, "_free_memory", lambda: None)
    assert backed_up(server, tmp_path, verify="L3").data["level"] == "L3"


def test_a_host_without_programs_is_told_before_anything_is_made(
    server: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    with pytest.raises(OpsError, match="no redis-server and no valkey-server on this host"):
        backed_up(server, tmp_path / "backups")
    assert not (tmp_path / "backups").exists()
    assert backed_up(server, tmp_path / "backups", verify="L1").data["level"] == "L1"
