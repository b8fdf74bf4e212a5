# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job that runs: its own process, its time, its lock, its answer, and what is left of it on the host."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_job import read_job
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled_watch import descendants
from ansible_collections.day2.ops.plugins.module_utils._core.errors import OpsError

SECRET = "tell-nobody-57"
# The program as it is on a host, with the library of this checkout.
PROGRAM = """
import sys
sys.path[:0] = {path!r}
from ansible_collections.day2.ops.plugins.module_utils._backups import scheduled_watch
from ansible_collections.day2.ops.plugins.module_utils._backups.scheduled import main
scheduled_watch.watched.__defaults__ = (1.0,)
sys.exit(main({config_dir!r}))
"""
# A stand-in for pgbackrest: it makes a backup at once, and what "type" says goes on around it.
TOOL = """\
#!{python}
import json, os, pathlib, subprocess, sys, time
folder = pathlib.Path({folder!r})
made = folder / "made"
if "info" in sys.argv:
    labels = made.read_text().split() if made.exists() else []
    about = {{"type": "full", "timestamp": {{"start": 1, "stop": 2}}, "info": {{"size": 7}}}}
    archive = {{"archive": {{"start": None, "stop": None}}, "database": {{"id": 1, "repo-key": 1}}}}
    status = {{"code": 0, "message": "ok"}}
    repo = [{{"key": 1, "status": status, "cipher": "none"}}]
    backups = [{{"label": label, **about, **archive}} for label in labels]
    print(json.dumps([{{"name": "main", "backup": backups, "repo": repo, "status": status}}]))
elif "verify" in sys.argv:
    print("stanza: main\\nstatus: " + ("error" if (folder / "damage").exists() else "ok"))
elif "backup" in sys.argv:
    if (folder / "hang").exists():
        left = subprocess.Popen(["sleep", "600"], start_new_session=True)
        (folder / "pid").write_text(str(left.pid))
        time.sleep(600)
    if (folder / "fail").exists():
        sys.exit("cannot log in: password={secret} " + (folder / "fail").read_text())
    with made.open("a") as stream:
        stream.write("" if (folder / "lazy").exists() else f"backup-{{made.stat().st_size}}\\n")
"""


class Host:
    """A folder that stands for a managed host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.state, self.metrics = (folder / name for name in ("config", "state", "metrics"))
        for one in (self.config, self.metrics):
            one.mkdir()
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM.format(path=sys.path, config_dir=str(self.config)))
        self.tool = folder / "tool"
        self.tool.write_text(TOOL.format(python=sys.executable, folder=str(folder), secret=SECRET))
        self.tool.chmod(0o755)

    def describe(self, mode: int = 0o600, **fields: Any) -> None:
        options = {"stanza": "main", "type": "full", "program": str(self.tool)}
        job = {
            "name": "main",
            "module": "pgbackrest",
            "options": {**options, **fields.pop("options", {})},
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "state_dir": str(self.state),
            "textfile_dir": str(self.metrics),
            "made_by": "day2.ops",
            **fields,
        }
        path = self.config / "main.json"
        path.write_text(json.dumps(job))
        path.chmod(mode)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-I", str(self.program), "run", *(arguments or ("main",))]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as running:
            said, _none = running.communicate(timeout=60)
        return running.returncode, said

    def of_metrics(self) -> str:
        return (self.metrics / "day2_backup_main.prom").read_text()

    def has_left(self) -> bool:
        """Wait for the hanging tool to be there; tell nothing of the time."""
        until = time.monotonic() + 30
        while not (self.folder / "pid").exists() and time.monotonic() < until:
            time.sleep(0.02)
        return (self.folder / "pid").exists()

    def tool_is_gone(self) -> bool:
        pid = int((self.folder / "pid").read_text() or 0)
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_good_run(host: Host) -> None:
    host.describe()
    status, said = host.run()
    assert (status, said) == (0, "main: ok: pgbackrest main: backed up as backup-0 (full, L0)\n")
    assert 'day2_backup_size_bytes{name="main",kind="pgbackrest"} 7\n' in host.of_metrics()
    assert (host.state / "main.success").exists()


def test_a_repository_is_verified_when_asked_to_and_a_lie_is_none(host: Host) -> None:
    host.describe(options={"verify": True})
    assert host.run() == (0, "main: ok: pgbackrest main: backed up as backup-0 (full, L1)\n")
    assert 'day2_backup_level{name="main",kind="pgbackrest"} 1\n' in host.of_metrics()
    (host.folder / "damage").touch()
    status, said = host.run()
    assert (status, said.startswith("main: failed: repository 1 is damaged: ")) == (1, True)
    (host.folder / "lazy").touch()
    assert host.run() == (1, "main: failed: pgbackrest ended well and knows of no new backup: main\n")


def test_a_failure_is_one_line_without_the_secret_and_keeps_the_last_success(host: Host) -> None:
    host.describe()
    host.run()
    before = host.of_metrics()
    (host.folder / "fail").write_text("of line\n" * 9)
    status, said = host.run("--cron", "main")
    assert (status, len(said.splitlines())) == (1, 1)
    assert said.startswith("main: failed: tool ended with status 1")
    line = next(line for line in before.splitlines() if line.startswith("day2_backup_last_success"))
    assert line in host.of_metrics()
    assert 'day2_backup_last_run_success{name="main",kind="pgbackrest"} 0\n' in host.of_metrics()
    written = [path.read_text() for folder in (host.state, host.metrics) for path in folder.iterdir()]
    assert SECRET not in said + "".join(written)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"options": {"type": "all"}}, "pgbackrest: value of type must be one of"),
        ({"user": "no-such-account"}, "no such account on this host: no-such-account"),
        ({"mode": 0o640}, "the file is a link, or others may read or write it"),
    ],
)
def test_a_bad_description_has_its_own_status(host: Host, fields: dict[str, Any], told: str) -> None:
    host.describe(**fields)
    status, said = host.run()
    assert (status, len(said.splitlines())) == (2, 1)
    assert said.startswith(f"main: bad configuration: {told}")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"module": "rm"}, "value of module must be one of"),
        ({"timeout": "soon"}, "timeout: expected seconds"),
        ({"timeout": 0}, "timeout must be more than 0"),
        ({"jitter": "3d"}, "jitter is at most 24 h"),
        ({"name": "other"}, "does not describe the job that it is named after"),
    ],
)
def test_what_a_description_cannot_say(host: Host, fields: dict[str, Any], told: str) -> None:
    host.describe(**fields)
    with pytest.raises(OpsError, match=told):
        read_job(host.config, "main")


@pytest.mark.parametrize("name", ["nobody", "../main", "a b", "-x", "", "main\n"])
def test_a_name_of_no_job(host: Host, name: str) -> None:
    host.describe()
    with pytest.raises(OpsError):
        read_job(host.config, name)


def test_a_run_that_hangs_is_ended_with_all_it_started(host: Host) -> None:
    (host.folder / "hang").touch()
    host.describe(timeout="4s")
    status, said = host.run()
    assert (status, said) == (1, "main: failed: it did not end within 4 s and was ended\n")
    assert host.tool_is_gone()
    assert "day2_backup_last_success" not in host.of_metrics()


def test_two_runs_at_once_are_one_and_a_line(host: Host) -> None:
    (host.folder / "hang").touch()
    host.describe()
    with host.start() as first:
        assert host.has_left()
        assert host.run() == (1, "main: another run of this job is at work; this one does nothing\n")
        first.send_signal(signal.SIGTERM)
        said, _none = first.communicate(timeout=60)
    assert (first.returncode, said) == (1, "main: failed: it was told to end before it was done\n")
    assert host.tool_is_gone()


def test_a_job_that_is_taken_away_while_it_runs_leaves_no_metrics(host: Host) -> None:
    (host.folder / "hang").touch()
    host.describe()
    with host.start() as first:
        assert host.has_left()
        (host.config / "main.json").unlink()
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    assert [*host.metrics.iterdir(), *host.state.iterdir()] == []


def test_the_work_ends_when_its_watcher_is_killed(host: Host) -> None:
    (host.folder / "hang").touch()
    host.describe()
    with host.start() as first:
        assert host.has_left()
        (worker, *_more) = descendants(first.pid)
        first.kill()
    until = time.monotonic() + 30
    while Path(f"/proc/{worker}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{worker}").exists()
    os.kill(int((host.folder / "pid").read_text()), signal.SIGKILL)  # in a cgroup of systemd it goes by itself


def test_nothing_is_in_arguments_or_in_the_environment(host: Host) -> None:
    (host.folder / "hang").touch()
    host.describe(notify={"when": "never", "mail": {"to": ["a@b"], "host": "h", "password": SECRET}})
    with host.start() as first:
        assert host.has_left()
        seen = b""
        for pid in (first.pid, *descendants(first.pid)):
            seen += Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    assert b"perform" in seen
    assert SECRET.encode() not in seen


def test_jitter_is_for_cron_alone(host: Host) -> None:
    host.describe(jitter="24h")
    assert host.run()[0] == 0
    with host.start("--cron", "main") as waiting:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.communicate(timeout=1.5)
        finally:
            waiting.kill()


@pytest.fixture
def mails(host: Host) -> Path:
    """A folder with the mails that a stand-in for sendmail has taken."""
    kept = host.folder / "mails"
    kept.mkdir()
    script = f"""\
        #!{sys.executable}
        import pathlib, sys
        folder = pathlib.Path({str(kept)!r})
        (folder / str(len(list(folder.iterdir())))).write_text(repr(sys.argv[1:]) + sys.stdin.read())
    """
    (host.folder / "sendmail").write_text(textwrap.dedent(script))
    (host.folder / "sendmail").chmod(0o755)
    return kept


def test_failures_and_the_first_good_run_after_them_are_told(host: Host, mails: Path) -> None:
    mail = {"to": ["ops@example.org", "-oQ/tmp@example.org"], "program": str(host.folder / "sendmail")}
    host.describe(notify={"mail": mail})
    host.run()
    assert list(mails.iterdir()) == []
    (host.folder / "fail").write_text("again")
    host.run()
    (host.folder / "fail").unlink()
    host.run()
    host.run()
    failed, well = (path.read_text() for path in sorted(mails.iterdir()))
    assert failed.startswith("['-i', '-t']Subject: backup main on ")
    assert "To: ops@example.org, -oQ/tmp@example.org\n" in failed
    assert ": failed\n" in failed
    assert ": ok\n" in well
    assert "Last good run: never" not in failed
    assert SECRET not in failed


def test_what_cannot_be_delivered_is_a_line_and_changes_nothing(host: Host) -> None:
    url = f"http://127.0.0.1:1/{SECRET}"
    host.describe(notify={"when": "always", "webhook_url": url, "mail": {"to": ["a@b"], "program": "/no/such"}})
    status, said = host.run()
    assert status == 0
    assert "warning: the webhook was not sent (Connection refused)\n" in said
    assert "warning: mail was not sent (cannot run the program (No such file or directory): /no/such)\n" in said
    assert SECRET not in said


def test_metrics_that_cannot_be_written_do_not_undo_a_backup(host: Host) -> None:
    host.describe(textfile_dir=str(host.folder / "missing"))
    status, said = host.run()
    assert (status, "warning: no metrics (cannot write the file" in said) == (0, True)
