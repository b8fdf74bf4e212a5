# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be broken on purpose, and how it is mended: a table, one row a way to break things.

A row is for processes (any process of the lab by its name) or for one server. Its two functions get the lab's
home and the name. What is broken is written down, so that it can be mended by another command.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import LiteralString

from psycopg import sql

from . import postgres_server, process, redis_server
from .demo import names
from .errors import LabError
from .home import Home
from .passwords import new_password
from .ports import free_ports
from .servers import parts
from .service_server import ServiceServer
from .state import PostgresFacts
from .waiting import wait_for

Action = Callable[[Home, str], None]


@dataclass(frozen=True)
class Fault:
    """A way to break a server, and to mend it. only: the one server it is for, or empty for any process."""

    how: str
    mended_by: str
    break_it: Action
    mend_it: Action
    only: str = ""


def break_server(home: Home, name: str, how: str) -> None:
    """Break it, unless it is broken that way; raises LabError for a name or way that is not in the table."""
    fault = _find(name, how)
    if [name, fault.how] in _broken(home):
        return
    fault.break_it(home, name)
    _broken(home).append([name, fault.how])
    home.save()


def mend_server(home: Home, name: str, how: str = "") -> None:
    """Mend it of one fault, named by the way it was broken or by what mends it, or of all it has."""
    hows = [known for broken, known in _broken(home) if broken == name]
    ways = [_find_mend(name, how, hows)] if how else [_find(name, known) for known in hows]
    for fault in reversed(ways):
        fault.mend_it(home, name)
        if [name, fault.how] in _broken(home):
            _broken(home).remove([name, fault.how])
        home.save()


def mend_all(home: Home) -> None:
    """Mend everything that was broken, the last fault first."""
    for name, how in reversed(list(_broken(home))):
        mend_server(home, name, how)


def table() -> list[str]:
    """Return a line for each fault, for a help text."""
    return [f"{fault.only or 'any process'}: {fault.how} (mended by {fault.mended_by})" for fault in _FAULTS]


def _broken(home: Home) -> list[list[str]]:
    return home.facts.setdefault("faults", [])


def _find(name: str, how: str) -> Fault:
    fitting = [fault for fault in _FAULTS if fault.only in {"", name}]
    for fault in fitting:
        if how in {fault.how, fault.mended_by}:
            return fault
    raise LabError(f"no fault '{how}' for {name}; expected one of {', '.join(fault.how for fault in fitting)}")


def _find_mend(name: str, how: str, hows: list[str]) -> Fault:
    """Return the fault that the server has and `how` names, else any that `how` names."""
    mine = [fault for fault in map(partial(_find, name), hows) if how in {fault.how, fault.mended_by}]
    return mine[0] if mine else _find(name, how)


def _start(home: Home, name: str) -> None:
    for server, part in parts(home, name):
        server.start_process(part)


def _stop(home: Home, name: str) -> None:
    for _server, part in reversed(parts(home, name)):
        home.stop(part)


def _kill(home: Home, name: str) -> None:
    for _server, part in parts(home, name):
        process.kill(home.process(part))


def _hang(home: Home, name: str) -> None:
    for _server, part in parts(home, name):
        process.hang(home.process(part))


def _resume(home: Home, name: str) -> None:
    # All of them first: one may be ready only with the other.
    for _server, part in parts(home, name):
        process.resume(home.process(part))
    _start(home, name)


def _slow(home: Home, name: str) -> None:
    for _server, part in parts(home, name):
        slowed = home.process(part)
        home.launch(f"slow-{part}", process.python_argv("pauser", str(slowed["pid"]), str(slowed["started"])))
        wait_for(f"the first pause of {part}", partial(process.is_stopped, slowed), every=0.01)


def _end_slow(home: Home, name: str) -> None:
    for _server, part in parts(home, name):
        home.stop(f"slow-{part}")
        home.facts["processes"].pop(f"slow-{part}", None)


def _redis_read_only(home: Home, _name: str) -> None:
    with redis_server.connect(home.facts["redis"]) as admin:
        admin.replicaof(home.facts["redis"]["host"], free_ports(1)[0])


def _redis_writable(home: Home, _name: str) -> None:
    with redis_server.connect(home.facts["redis"]) as admin:
        admin.replicaof("NO", "ONE")


def _redis_other_password(home: Home, _name: str) -> None:
    _set_redis_password(home, new_password())


def _redis_right_password(home: Home, _name: str) -> None:
    _set_redis_password(home, home.facts["redis"]["password"])


def _set_redis_password(home: Home, password: str) -> None:
    user = home.facts["redis"]["user"]
    with redis_server.connect(home.facts["redis"]) as admin:
        admin.execute_command("ACL", "SETUSER", user, "resetpass", f">{password}")
        admin.execute_command("CLIENT", "KILL", "USER", user)


def _postgres_read_only(home: Home, _name: str) -> None:
    _set_read_only(home.facts["postgres"], "ALTER SYSTEM SET default_transaction_read_only = on")


def _postgres_writable(home: Home, _name: str) -> None:
    _set_read_only(home.facts["postgres"], "ALTER SYSTEM RESET default_transaction_read_only")


def _set_read_only(facts: PostgresFacts, statement: LiteralString) -> None:
    with postgres_server.connect(facts) as admin:
        admin.execute(statement)
        admin.execute("SELECT pg_reload_conf()")
    # Sessions take the setting at a time of their own; new ones have it from the start.
    _end_sessions(facts)


def _postgres_other_password(home: Home, _name: str) -> None:
    _set_postgres_password(home.facts["postgres"], new_password())


def _postgres_right_password(home: Home, _name: str) -> None:
    _set_postgres_password(home.facts["postgres"], home.facts["postgres"]["password"])


def _set_postgres_password(facts: PostgresFacts, password: str) -> None:
    change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(facts["user"]), sql.Literal(password))
    with postgres_server.connect(facts) as admin:
        admin.execute(change)
    _end_sessions(facts)


def _end_sessions(facts: PostgresFacts) -> None:
    with postgres_server.connect(facts) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (facts["user"],))


def _kill_workers(home: Home, _name: str) -> None:
    workers = ServiceServer(home).worker_names()
    for worker in workers:
        process.kill(home.process(worker))
    with redis_server.connect(home.facts["redis"]) as client:
        beats = [f"{names.HEARTBEAT}{worker}" for worker in workers]
        # Until then nobody can see that they are gone.
        wait_for("the end of the workers' heartbeats", lambda: not client.exists(*beats))


def _start_workers(home: Home, _name: str) -> None:
    for worker in ServiceServer(home).worker_names():
        ServiceServer(home).start_worker(worker)


def _add_dead(home: Home, _name: str) -> None:
    order = {"id": "broken-on-purpose", "amount": 3}
    letter = json.dumps({**order, "error": "added by the lab", "failed_at": time.time(), "attempts": 1})
    with redis_server.connect(home.facts["redis"]) as admin:
        admin.rpush(names.DEAD, letter)
    home.facts.setdefault("undo", {})["dlq-add"] = letter


def _remove_dead(home: Home, _name: str) -> None:
    letter = home.facts.setdefault("undo", {}).pop("dlq-add", "")
    with redis_server.connect(home.facts["redis"]) as admin:
        admin.lrem(names.DEAD, 1, letter)


def _enable_bug(home: Home, _name: str) -> None:
    _put(home, "/bug", {"enabled": True})


def _fix_bug(home: Home, _name: str) -> None:
    _put(home, "/bug", {"enabled": False})


def _close_ingress(home: Home, _name: str) -> None:
    _put(home, "/ingress", {"open": False})


def _open_ingress(home: Home, _name: str) -> None:
    _put(home, "/ingress", {"open": True})


def _put(home: Home, path: str, body: dict[str, bool]) -> None:
    service = home.facts["service"]
    headers = {"X-Admin-Token": service["admin_token"], "Content-Type": "application/json"}
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{service['url']}{path}", data=data, headers=headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
    except OSError as error:
        raise LabError(f"cannot turn {path} of the demo service: {error}") from error


_FAULTS = (
    Fault("stop", "start", _stop, _start),
    Fault("kill", "start", _kill, _start),
    Fault("hang", "resume", _hang, _resume),
    Fault("slow", "end-slow", _slow, _end_slow),
    Fault("read-only", "writable", _redis_read_only, _redis_writable, only="redis"),
    Fault("wrong-password", "right-password", _redis_other_password, _redis_right_password, only="redis"),
    Fault("read-only", "writable", _postgres_read_only, _postgres_writable, only="postgres"),
    Fault("wrong-password", "right-password", _postgres_other_password, _postgres_right_password, only="postgres"),
    Fault("worker-kill", "worker-start", _kill_workers, _start_workers, only="service"),
    Fault("dlq-add", "dlq-remove", _add_dead, _remove_dead, only="service"),
    Fault("enable-bug", "fix-bug", _enable_bug, _fix_bug, only="service"),
    Fault("close-ingress", "open-ingress", _close_ingress, _open_ingress, only="service"),
)
