# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults are planted under redrives: each must be one clear line, and nothing may be lost."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from ansible_collections.day2.ops.tests.lab import certificates, process
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.proxy import set_network
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

from ..rows import Goal, Row
from ..run import Run
from .cases import CASES, COUNT, PASSWORD, THROUGH, USER, Case, count_of, numbers_in
from .kills import at_random, kill_at
from .letters import DEAD, DESCRIPTION, QUEUE
from .own_redis import NO_FILES, Options, OwnRedis, running
from .reprocess import module
from .whereabouts import Account, fill

AREA = "queues"
FOUND = Goal("= 1, one clear line and nothing lost", lambda value: value == 1)


class Place:
    """A server on a port, and what is said by the module."""

    def __init__(self, server: OwnRedis, port: int, folder: Path) -> None:
        self.server = server
        self.client = server.client()
        self.port = port
        self.folder = folder

    def options(self, queue: Options, **options: Any) -> Options:
        """Return the module's options."""
        described = {**DESCRIPTION, "item": {"id": "id", "error": "error"}, **queue}
        return {"login_host": HOST, "login_port": self.port, "queue": described, "canary": 0, "timeout": 20, **options}

    def row(self, case: Case) -> Row:
        """Bring a fault about, call the module, and return the row."""
        login = self._user(case.user) if case.user else {}
        case.arrange(self.client)
        before = numbers_in(self.client)
        done = module.called(self.folder, self.options(case.queue, **login, **case.options))
        self.client.config_set("maxmemory", 0)
        found = {key: count_of(self.client, key) for key in case.left}
        problems = [f"found {found}, expected {case.left}"] if found != case.left else []
        problems += [] if numbers_in(self.client) == before else ["the letters are not the same as before"]
        return judged(case.work, done.output, case.said, case.fails, problems)

    def _user(self, rights: tuple[str, ...]) -> Options:
        self.client.execute_command("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rights)
        return {"login_user": USER, "login_password": PASSWORD}


def judged(work: str, output: str, said: str, fails: bool, problems: list[str]) -> Row:
    """Return the row of what the module said; problems: what was found wrong beside it."""
    result = module.result(output)
    message = str(result.get("msg", ""))
    wrong: Mapping[str, bool] = {
        f"it says '{message}', expected '{said}'": not re.search(said, message),
        f"failed is {result.get('failed', False)}": bool(result.get("failed")) != fails,
        "the message has more than one line": "\n" in message,
        "a traceback is shown": "Traceback" in output,
        "a secret is shown": PASSWORD in output,
    }
    problems = [*(problem for problem, is_so in wrong.items() if is_so), *problems]
    return Row.of(AREA, work, FOUND, 0 if problems else 1, reason=message, problems=problems)


def rows(run: Run) -> Iterator[Row]:
    """Yield a row a fault."""
    with run.folder() as folder:
        (port,) = free_ports(1)
        (folder / "server").mkdir()
        settings = (*NO_FILES, "--port", str(port), "--bind", HOST, "--enable-debug-command", "yes")
        with running(folder / "server", *settings) as server:
            place = Place(server, port, folder)
            for case in CASES:
                if case.short or not run.short:
                    yield place.row(case)
            yield _no_login(place, "no password", {}, "the server wants a password; give login_password")
            login = {"login_password": "wrong-Uz5"}
            yield _no_login(place, "a wrong password", login, "check login_user and login_password")
            yield _replica(place)
            yield from _network(run, place)


def _no_login(place: Place, work: str, login: Options, said: str) -> Row:
    fill(place.client, COUNT)
    place.client.config_set("requirepass", PASSWORD)
    try:
        done = module.called(place.folder, place.options({}, **login))
    finally:
        place.client.config_set("requirepass", "")
    return judged(work, done.output, said, True, _unchanged(place))


def _unchanged(place: Place) -> list[str]:
    same = (count_of(place.client, DEAD), count_of(place.client, QUEUE)) == (COUNT, 0)
    return [] if same and numbers_in(place.client) == list(range(COUNT)) else ["the letters are not where they were"]


def _replica(place: Place) -> Row:
    """Name the replica of a server."""
    fill(place.client, COUNT)
    folder = place.folder / "replica"
    folder.mkdir()
    (port,) = free_ports(1)
    settings = (*NO_FILES, "--port", str(port), "--bind", HOST, "--replicaof", f"{HOST} {place.port}")
    with running(folder, *settings) as replica:
        client = replica.client()
        wait_for("the replica's copy", lambda: client.llen(DEAD) == COUNT, 60)
        done = module.called(place.folder, place.options({}, login_port=port))
        filtered = module.called(place.folder, place.options({}, login_port=port, filter={"error": "^TimeoutError"}))
    said = "this is a read-only replica; name the primary"
    second = judged("", filtered.output, said, True, []).made_of["problems"]
    return judged("a replica", done.output, said, True, [*second, *_unchanged(place)])


def _network(run: Run, place: Place) -> Iterator[Row]:
    listen, control, secure = free_ports(3)
    pem, key = place.folder / "server.pem", place.folder / "server.key"
    certificates.make_all(place.folder)
    target = str(place.port)
    with _proxy(str(listen), target, "--control-port", str(control)):
        for filtered in (False, True):
            yield _cut(run, place, listen, control, filtered)
    with _proxy(str(secure), target, "--certificate", str(pem), "--key", str(key)):
        fill(place.client, COUNT)
        tls = {"login_port": secure, "tls": True, "ca_certs": str(place.folder / "wrong-ca.pem")}
        done = module.called(place.folder, place.options({}, **tls))
        said = "TLS failed .*; see tls, ca_certs, validate_certs"
        yield judged("TLS, an authority that did not sign", done.output, said, True, _unchanged(place))


@contextmanager
def _proxy(*arguments: str) -> Iterator[None]:
    """Have a proxy of the lab; the first argument is where it listens."""
    argv = process.python_argv("proxy", *arguments)
    with subprocess.Popen(argv, env=process.environment(), stderr=subprocess.DEVNULL) as proxy:
        try:
            wait_for("the proxy", lambda: _listens(int(arguments[0])), 30)
            yield
        finally:
            proxy.kill()


def _listens(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=1):
        return True


def _cut(run: Run, place: Place, port: int, control: int, filtered: bool) -> Row:
    """Cut the connection while batches are under way, some times; the last time decides what is said."""
    account, outputs = Account(), []
    times, count = (1, 3_000) if run.short else (10, 20_000)
    random = Random(3)
    options = place.options({}, login_port=port, **({"filter": {"error": "^TimeoutError"}} if filtered else {}))

    def cut(process_of_module: subprocess.Popen[bytes]) -> None:
        set_network(control, cut=True)
        outputs.append(process_of_module.communicate(timeout=60)[0].decode())

    for _time in range(times):
        fill(place.client, count)
        set_network(control, cut=False, bandwidth=5_000_000)
        kill_at(place.folder, options, _begun(place, count, random), cut)
        account.look(place.client, count)
    set_network(control, cut=False, bandwidth=0)
    said = next((one for one in outputs if '"failed": true' in one), outputs[-1] if outputs else "")
    problems = [f"lost {account.lost}, twice {account.twice}"] if account.bad else []
    work = f"the connection is cut in a batch{', filtered' if filtered else ''}"
    return judged(work, said, "no connection", True, problems)


def _begun(place: Place, count: int, random: Random) -> Callable[[], bool]:
    return at_random(place.client, THROUGH, count // 2, random)
