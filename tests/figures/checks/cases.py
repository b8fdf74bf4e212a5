# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is broken, and which check must say so in which words: a table, one row a fault."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.day2.ops.tests.lab import redis_server
from ansible_collections.day2.ops.tests.lab.ports import free_ports
from ansible_collections.day2.ops.tests.lab.state import Facts

from .twenty import postgres_login, redis_login

Options = dict[str, Any]

# Secrets that are in the options of checks below, beside the lab's own.
URL_PASSWORD = "in-the-url-Zq7"
TOKEN = "bearer-Xw3v9"

REDIS = frozenset({"redis role", "redis clients", "redis port", "orders queue"})
POSTGRES = frozenset({"postgres primary", "postgres connections", "postgres port"})
API = frozenset({"api health", "api version", "api ready", "api ingress", "api metrics", "api port"})
BACKLOG = 50


@dataclass(frozen=True)
class Case:
    """A fault, and what must be said of it.

    work: the fault. reasons: name of each check that must not pass -> pattern of its reason.
    also: checks that may not pass either, as they need what is broken.
    check: one more check, which meets the fault. broken: (server, how) of the lab's faults.
    message: pattern of the module's message, for faults that are found before any check is made.
    """

    work: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    check: Options = field(default_factory=dict)
    broken: tuple[str, str] | None = None
    message: str = ""
    short: bool = False


def prepare(facts: Facts, folder: Path) -> None:
    """Put into the lab and the folder what single checks meet: keys of Redis and files."""
    with redis_server.connect(facts["redis"]) as client:
        client.set("figures:text", "no list")
        client.rpush("figures:backlog", *map(str, range(BACKLOG)))
    for name, age in {"old": 3 * 86400, "tiny": 0}.items():
        (folder / name).write_text("x", encoding="utf-8")
        os.utime(folder / name, (time.time() - age, time.time() - age))


def single_cases(facts: Facts, folder: Path) -> list[Case]:
    """Return the faults that one check meets while all others are well."""
    cases = [*_web_cases(facts), *_tls_cases(facts), *_store_cases(facts), *_host_cases(folder)]
    return [*cases, *_queue_cases(facts), *_input_cases()]


def lab_cases() -> list[Case]:
    """Return the faults of the lab's servers."""
    late = r"no result within|no (complete )?answer (within|in time)|timeout|timed out"
    return [
        Case(
            "redis stopped",
            {"redis role": "no connection", "redis port": "no connection"},
            REDIS | API,
            broken=("redis", "stop"),
            short=True,
        ),
        Case("redis hung", {"redis role": late}, REDIS | API, broken=("redis", "hang")),
        Case(
            "redis read-only",
            {"redis role": "role is 'replica', expected 'master'"},
            REDIS | API,
            broken=("redis", "read-only"),
        ),
        Case(
            "redis has another password",
            {"redis role": "WRONGPASS|invalid username-password.*check login_user and login_password"},
            REDIS | API,
            broken=("redis", "wrong-password"),
        ),
        Case(
            "postgres stopped",
            {"postgres primary": "no connection", "postgres port": "no connection"},
            POSTGRES | {"api ready"},
            broken=("postgres", "stop"),
        ),
        Case("postgres hung", {"postgres primary": late}, POSTGRES | {"api ready"}, broken=("postgres", "hang")),
        Case(
            "postgres read-only",
            {"postgres primary": "read_only is true, expected false"},
            frozenset({"api ready"}),
            broken=("postgres", "read-only"),
        ),
        Case(
            "postgres has another password",
            {"postgres primary": "password authentication failed.*check login_user and login_password"},
            POSTGRES | {"api ready"},
            broken=("postgres", "wrong-password"),
        ),
        Case("api stopped", {"api health": "no answer", "api port": "no connection"}, API, broken=("api", "stop")),
        Case("api hung", {"api health": late}, API, broken=("api", "hang")),
        Case(
            "ingress closed",
            {"api ingress": "json open is false, expected true"},
            broken=("service", "close-ingress"),
        ),
        Case(
            "workers killed, while readiness stays green",
            {"orders queue": "consumers is 0, expected at least 2", "workers": "count is 0"},
            broken=("service", "worker-kill"),
            short=True,
        ),
        Case(
            "an item in the dead-letter list",
            {"orders queue": "dead is 1, expected at most 0"},
            broken=("service", "dlq-add"),
        ),
    ]


def slow_case(facts: Facts) -> Case:
    """Return the fault of a server that answers, slowly."""
    check = {"kind": "redis", "max_latency": 0.1, "timeout": 10, **redis_login(facts)}
    return _one("redis slow", check, r"latency is .* s, expected at most 0.1 s", REDIS | API, ("redis", "slow"))


def _one(
    work: str,
    check: Options,
    reason: str,
    also: frozenset[str] = frozenset(),
    broken: tuple[str, str] | None = None,
    short: bool = False,
) -> Case:
    """Return a fault that the one check of its name meets."""
    return Case(work, {work: reason}, also, {"name": work, **check}, broken, short=short)


def _web_cases(facts: Facts) -> list[Case]:
    url = facts["bad_http"]["url"]
    late = "no complete answer within|no result within"
    large = "the answer is larger than 1048576 bytes"

    def web(work: str, path: str, reason: str, short: bool = False, **options: Any) -> Case:
        return _one(work, {"kind": "http", "url": f"{url}{path}", "timeout": 1.5, **options}, reason, short=short)

    status: Options = {"json": [{"path": "status", "value": "ok"}]}
    return [
        web("redirect to another host", "/redirect-other-host", "redirected to another host", True, token=TOKEN),
        web("redirect to itself", "/redirect-loop", "redirected more than 5 times"),
        web("10 GB body", "/big", large, True),
        web("endless body", "/endless", large),
        web("body that drips", "/drip", late),
        web("headers that drip", "/drip-headers", late),
        web("no answer at all", "/hang", late),
        web("answer cut short", "/cut", "no answer|incomplete|IncompleteRead|ended early|1000"),
        web(
            "204 where JSON was expected",
            "/no-content",
            "status 204 and no body.*JSON was expected",
            True,
            status=[204],
            **status,
        ),
        web("HTML where JSON was expected", "/not-json", "the answer is not JSON", **status),
        web(
            "wrong type at a JSON path",
            "/ok",
            "json status is 'ok', a number was expected",
            True,
            json=[{"path": "status", "op": "lt", "value": 5}],
        ),
        web("nothing at a JSON path", "/ok", "json version is not there", json=[{"path": "version", "value": "1"}]),
        web(
            "null where a number was expected",
            f"/json?body={json.dumps({'lag': None}).replace(' ', '')}",
            "json lag is null",
            json=[{"path": "lag", "op": "lt", "value": 5}],
        ),
        web("status 500", "/status/500", "status is 500, expected 200"),
        web(
            "answer after the latency allowed",
            "/slow?seconds=0.6",
            "latency is .*expected at most 0.5 s",
            max_latency=0.5,
        ),
        _one("host name that does not exist", {"kind": "http", "url": "http://no-such-host.invalid/"}, "no answer"),
        _one(
            "password in a URL",
            {"kind": "http", "url": url.replace("//", f"//joe:{URL_PASSWORD}@")},
            "the URL holds a user or password.*give url_username and url_password",
        ),
    ]


def _tls_cases(facts: Facts) -> list[Case]:
    bad = facts["bad_http"]
    right: Options = {"ca_certs": bad["ca_certs"]}
    wrong: Options = {"ca_certs": bad["wrong_ca"]}

    def tls(work: str, url: str, reason: str, short: bool = False, **options: Any) -> Case:
        return _one(work, {"kind": "http", "url": f"{url}/ok", **options}, reason, short=short)

    cases = [
        tls("https: wrong authority", bad["tls_url"], "TLS failed", True, **wrong),
        tls("https: unknown authority", bad["tls_url"], "TLS failed"),
        tls("https: expired certificate", bad["tls_expired_url"], "expired", **right),
        tls("https: certificate of another host", bad["tls_wrong_host_url"], "TLS failed", **right),
        tls(
            "https: certificate that ends soon",
            bad["tls_soon_url"],
            "tls_days is 5.* expected at least 30",
            min_tls_days=30,
            **right,
        ),
        _one("redis: wrong authority", {"kind": "redis", **redis_login(facts), **wrong}, "TLS failed"),
    ]
    if facts["postgres"]["sslmode"] == "verify-full":
        login = {**postgres_login(facts), "ca_certs": facts["postgres"]["wrong_ca"]}
        cases.append(_one("postgres: wrong authority", {"kind": "postgres", **login}, "certificate"))
    return cases


def _store_cases(facts: Facts) -> list[Case]:
    nobody = {name: value for name, value in redis_login(facts).items() if name not in {"login_user", "login_password"}}
    elsewhere = {**postgres_login(facts), "login_db": "nowhere"}
    closed = {"kind": "tcp", "host": "127.0.0.1", "port": free_ports(1)[0]}
    silent = {"kind": "tcp", "port": facts["postgres"]["port"], "banner": "^SSH-", "timeout": 1}
    return [
        _one("redis: no password given", {"kind": "redis", **nobody}, "the server wants a password", short=True),
        _one("postgres: no such database", {"kind": "postgres", **elsewhere}, "does not exist.*check login_db"),
        _one("port closed", closed, "no connection"),
        _one("port without a greeting", silent, "no answer within 1 s"),
    ]


def _queue_cases(facts: Facts) -> list[Case]:
    def queue(work: str, key: str, reason: str, short: bool = False, **limits: Any) -> Case:
        check = {"kind": "queue", "queue": key, "queue_kind": "redis_list", **redis_login(facts), **limits}
        return _one(work, check, reason, short=short)

    return [
        queue("queue's key of another type", "figures:text", "holds a string, a list was expected", True),
        queue("queue's key missing", "figures:nothing", "not there|does not exist|no such"),
        queue("backlog above the limit", "figures:backlog", f"ready is {BACKLOG}, expected at most 10", max_ready=10),
    ]


def _host_cases(folder: Path) -> list[Case]:
    here = str(folder)
    return [
        _one("disk too full", {"kind": "disk", "path": here, "max_used_percent": 0.001}, "used_percent is", short=True),
        _one("disk: no such path", {"kind": "disk", "path": f"{here}/none"}, "the path does not exist"),
        _one("memory too full", {"kind": "memory", "max_used_percent": 0.1}, "used_percent is .*expected at most 0.1"),
        _one("load too high", {"kind": "load", "max_per_cpu": -1}, "per_cpu is .*expected at most -1"),
        _one("process gone", {"kind": "process", "pattern": "no-such-program-[0-9]"}, "count is 0"),
        _one("file too old", {"kind": "file_age", "path": f"{here}/old", "max_age": "1d"}, "age is", short=True),
        _one("file too small", {"kind": "file_age", "path": f"{here}/tiny", "min_size": 10}, "size is 1 bytes"),
        _one("file missing", {"kind": "file_age", "path": f"{here}/none", "max_age": "1d"}, "no such file"),
    ]


def _input_cases() -> list[Case]:
    def wrong(work: str, check: Options, message: str, short: bool = False) -> Case:
        return Case(work, check={"name": "wrong", **check}, message=message, short=short)

    url = "http://127.0.0.1:1/"
    return [
        wrong("unknown kind", {"kind": "htpp"}, r"checks\[20\] \(wrong\): unknown kind 'htpp'; known kinds: ", True),
        wrong("option missing", {"kind": "http"}, r"checks\[20\] \(wrong\): .*url"),
        wrong("option unknown", {"kind": "load", "max_load": 5}, r"checks\[20\] \(wrong\): .*max_load"),
        wrong(
            "two options that exclude each other",
            {"kind": "file_age", "path": "/a", "glob": "/b/*"},
            r"checks\[20\] \(wrong\): .*path.*glob|checks\[20\] \(wrong\): .*glob.*path",
        ),
        wrong(
            "duration that is none",
            {"kind": "http", "url": url, "max_latency": "soon"},
            r"checks\[20\] .*max_latency.*expected seconds",
        ),
    ]
