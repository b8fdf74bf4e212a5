# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab comes up whole or not at all, may be told to come up again, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis
from ansible_collections.day2.ops.tests.lab import ports as lab_ports
from ansible_collections.day2.ops.tests.lab import postgres_server, process, redis_server
from ansible_collections.day2.ops.tests.lab.cli import main
from ansible_collections.day2.ops.tests.lab.errors import LabError
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports, is_free
from ansible_collections.day2.ops.tests.lab.state import Facts, PostgresFacts, RedisFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for


def _processes_naming(text: str) -> list[str]:
    """Return the command lines of all processes of this machine that name the text."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line and int(file.parent.name) != os.getpid():
            found.append(line)
    return found


def test_up_and_down_leave_no_process_no_port_and_no_folder(lab_folder: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("day2-lab-*"))
    lab = Lab(lab_folder)
    facts = lab.up(["service", "webhook"])
    everybody = [member for known in facts["processes"].values() for member in process.family(known)]
    assert len(everybody) > len(facts["processes"]) >= 7  # Postgres has children
    ports = [facts["redis"]["port"], facts["redis"]["tls_port"], facts["postgres"]["port"]]
    run_dir = facts["run_dir"]

    lab.down()

    assert not lab_folder.exists()
    assert not Path(run_dir).exists()
    assert [pid for pid, started in everybody if process.start_time(pid) == started] == []
    assert _processes_naming(str(lab_folder)) == []
    assert all(is_free(port) for port in ports)
    assert set(Path(tempfile.gettempdir()).glob("day2-lab-*")) <= before


def test_up_again_starts_only_what_is_missing(lab: Lab, lab_folder: Path) -> None:
    with Lab(lab_folder) as own:
        first = json.loads(json.dumps(own.up(["redis", "webhook"])["processes"]))
        own.home.stop("webhook")
        lines: list[str] = []
        again = Lab(lab_folder, lines.append).up(["redis", "webhook"])
        assert lines == ["redis: already up", "webhook: up"]
        assert again["processes"]["redis"] == first["redis"]
        assert again["processes"]["webhook"]["pid"] != first["webhook"]["pid"]


def test_two_labs_live_side_by_side(lab: Lab, lab_folder: Path) -> None:
    with Lab(lab_folder) as other:
        port = other.up(["redis"])["redis"]["port"]
        assert port != lab.facts["redis"]["port"]
        assert redis_server.connect(other.facts["redis"]).ping()
    assert redis_server.connect(lab.facts["redis"]).ping()


@pytest.mark.parametrize(
    ("name", "which"), [("redis", 0), ("redis", 1), ("postgres", 0), ("webhook", 0), ("bad_http", 0), ("bad_http", 5)]
)
def test_a_port_that_was_taken_meanwhile_is_chosen_again(
    lab_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, which: int
) -> None:
    with socket.socket() as other, Lab(lab_folder) as own:
        other.bind((HOST, 0))
        taken = other.getsockname()[1]
        draws: list[list[int]] = []

        def draw(count: int) -> list[int]:
            ports = free_ports(count)
            if not draws:
                ports[which] = taken
            draws.append(ports)
            return ports

        monkeypatch.setattr(lab_ports, "free_ports", draw)
        facts = json.dumps(own.up([name])[name])  # type: ignore[literal-required]
        assert len(draws) == 2
        assert str(taken) not in facts
        assert str(draws[1][0]) in facts


def test_up_that_fails_half_way_cleans_up(lab_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: object) -> None:
        raise LabError("no database today")

    monkeypatch.setattr(postgres_server.PostgresServer, "start", fail)
    lab = Lab(lab_folder)
    with pytest.raises(LabError, match="no database today"):
        lab.up(["redis", "postgres"])
    assert not lab_folder.exists()
    assert _processes_naming(str(lab_folder)) == []


def test_up_that_is_told_to_end_cleans_up(lab_folder: Path) -> None:
    argv = process.python_argv("__main__", "up", "--dir", str(lab_folder))
    env = {**os.environ, **process.environment()}
    with Lab(lab_folder), subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=env) as up:
        assert up.stdout is not None
        assert up.stdout.readline() == "redis: up\n"
        up.send_signal(signal.SIGTERM)
        assert up.wait(timeout=60) == 1
        assert not lab_folder.exists()
    assert not lab_folder.exists()
    assert _processes_naming(str(lab_folder)) == []


def test_a_process_is_not_mistaken_for_another(lab: Lab) -> None:
    known = lab.facts["processes"]["webhook"]
    another = {**known, "started": known["started"] - 1}
    process.kill(another)  # type: ignore[arg-type]
    assert process.is_alive(known)


def test_secrets_are_for_their_owner_only(lab: Lab, facts: Facts) -> None:
    state = lab.folder / "state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    secrets = [facts["redis"]["password"], facts["postgres"]["password"], facts["service"]["admin_token"]]
    for secret in secrets:
        assert _processes_naming(secret) == []
    for path in Path(facts["run_dir"]).rglob("*"):
        if path.is_file() and path.stat().st_mode & 0o077:
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), path


def test_servers_do_not_run_as_root(facts: Facts) -> None:
    for name in ("redis", "postgres"):
        status = Path(f"/proc/{facts['processes'][name]['pid']}/status").read_text(encoding="utf-8")
        uids = re.search(r"^Uid:\s+(\d+)\s+(\d+)", status, re.MULTILINE)
        assert uids is not None
        assert "0" not in uids.groups()


def test_tls_is_verified_by_the_right_authority_only(redis_facts: RedisFacts, postgres_facts: PostgresFacts) -> None:
    assert redis_server.connect_tls(redis_facts).ping()
    with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        redis_server.connect_tls(redis_facts, ssl_ca_certs=redis_facts["wrong_ca"]).ping()
    if postgres_facts["sslmode"] == "disable":
        return  # the wheel for this Python has no TLS
    with postgres_server.connect(postgres_facts) as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        postgres_server.connect(postgres_facts, sslrootcert=postgres_facts["wrong_ca"])


def test_nobody_gets_in_without_a_password(redis_facts: RedisFacts, postgres_facts: PostgresFacts) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=redis_facts["port"]).ping()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        postgres_server.connect(postgres_facts, password="guessed")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["up", "--only", "mainframe"], "lab: no server 'mainframe'; expected one of redis, postgres"),
        (["status"], "lab: no lab in "),
        (["break", "redis", "stop"], "lab: no lab in "),
        (["load"], "lab: no lab in "),
    ],
)
def test_bad_input_gets_one_line(
    lab_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main([*arguments, "--dir", str(lab_folder)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(says)
    assert said.err.count("\n") == 1
    assert not lab_folder.exists()


def test_a_folder_with_other_things_is_left_alone(lab_folder: Path) -> None:
    lab_folder.mkdir()
    (lab_folder / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LabError, match="is not empty and holds no lab"):
        Lab(lab_folder).up(["redis"])
    assert [item.name for item in lab_folder.iterdir()] == ["thesis.txt"]


def test_waiting_says_what_was_seen_last() -> None:
    def never() -> bool:
        raise ConnectionError("refused")

    with pytest.raises(LabError, match=r"dawn did not happen within 0 s: ConnectionError: refused"):
        wait_for("dawn", never, seconds=0)
