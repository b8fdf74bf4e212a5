# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incidents: which severity, how a record goes on, what is in the evidence, what is refused."""

from __future__ import annotations

import json
import os
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._incidents.operation import SPEC, operate
from ansible_collections.day2.ops.plugins.module_utils._incidents.severity import rules_of, suggested

START = 1772330400.0  # 2026-03-01T02:00:00Z


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def time(self) -> float:
        """Return the time that was set."""
        return self.now

    def monotonic(self) -> float:
        """Return likewise."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def check(name: str, kind: str = "http", status: str = "fail", severity: str = "critical") -> dict[str, Any]:
    return {"name": name, "kind": kind, "status": status, "severity": severity, "reason": "status is 503", "seen": {}}


def host(*checks: dict[str, Any], parts: str = "", **more: Any) -> dict[str, Any]:
    """Return what a host told; parts: a letter an instance, of part api, r for one that runs."""
    return {
        "checks": {"checks": list(checks)},
        "seen": {"parts": [{"part": "api", "runs": one == "r"} for one in parts]},
        **more,
    }


FINE = {"a": host(check("fine", status="pass"), parts="rr")}
DOWN = {"a": host(check("api"))}


@pytest.mark.parametrize(
    ("hosts", "findings", "name", "because"),
    [
        (DOWN, [], "P1", "critical api: fail: status is 503"),
        ({"a": host(parts="xx")}, [], "P1", "no instance of api runs"),
        ({"a": host(parts="x"), "b": host(parts="r")}, [], "P2", "1 of 2 instances of api run"),
        ({"a": host(check("db", "postgres"))}, [], "P2", "critical db: fail"),
        ({"a": host(check("api", status="unknown"))}, [], "P2", "critical api: unknown"),
        ({"a": {"reachable": False}}, [], "P2", "a cannot be reached"),
        ({"a": host(check("version", severity="warning"))}, [], "P3", "warning version: fail"),
        (FINE, [{"severity": "warning", "what": "the disk fills"}], "P3", "the disk fills"),
        (FINE, [{"severity": "note", "what": "a line"}], "P4", ""),
        ({}, [], "P4", ""),
    ],
)
def test_the_severity_is_by_what_is_down(hosts: Any, findings: Any, name: str, because: str) -> None:
    severity = suggested(rules_of([]), hosts, findings)
    assert severity.name == name and because in "; ".join(severity.because)


def test_rules_of_an_inventory() -> None:
    rules = rules_of(
        [
            {"name": "SEV1", "respond": "5m", "when": [{"names": "^check", "statuses": ["fail"]}]},
            {"name": "SEV2", "respond": 3600, "when": [{"names": "never"}]},
        ]
    )
    assert suggested(rules, {"a": host(check("checkout"))}, []).respond == 300
    assert suggested(rules, DOWN, []).name == "SEV2"  # the last, as none fits


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ([{"name": "P1", "respond": "soon"}], "respond"),
        ([{"name": "P1", "respond": 1, "when": [{}]}], "severity P1: when.*one of the following"),
        ([{"name": "P1", "respond": 1, "when": [{"parts": "half"}]}], "parts"),
        ([{"name": "P1", "respond": 1, "when": [{"names": "("}]}], "names"),
        ([{"name": "P1", "respond": 1}, {"name": "P1", "respond": 2}], "two severities have one name"),
    ],
)
def test_rules_that_are_wrong_are_refused(wrong: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(InputError, match=told):
        rules_of(wrong)


def act(folder: Path, clock: Clock, check_mode: bool = False, **options: Any) -> Result:
    return operate(SPEC.validate({"service": "shop", "state_dir": str(folder), **options}, "test"), check_mode, clock)


def members(folder: Path, number: str) -> dict[str, str]:
    with tarfile.open(folder / f"shop/incidents/{number}.tar") as archive:
        found = {one.name: archive.extractfile(one) for one in archive}
        return {name: stream.read().decode() for name, stream in found.items() if stream}


def test_an_incident_from_beginning_to_end(tmp_path: Path, clock: Clock) -> None:
    begun = act(tmp_path, clock, hosts=DOWN, findings=[{"severity": "critical", "what": "x", "next": "mend x"}])
    record = begun.data["incident"]
    assert begun.data["first"] and begun.changed
    assert begun.msg.splitlines() == [
        f"P1 incident {record['id']} of shop: the service is down",
        "Seen: critical api: fail: status is 503",
        "Answer within 15 min, by 2026-03-01T02:15:00Z",
    ]
    assert [one["text"] for one in begun.data["follow_ups"]][2] == "Mitigate: x: mend x"
    act(tmp_path, clock, do="told", id=record["id"], not_told=["mail (refused)"], kept={"Grafana": {"id": 7}})
    clock.now += 600
    again = act(tmp_path, clock, hosts=FINE, note="restarted the api")
    assert not again.data["first"] and again.data["incident"]["id"] == record["id"]
    assert again.data["incident"]["kept"] == {"Grafana": {"id": 7}}
    assert "What is seen now suggests P4; -e severity=P4 sets it" in again.msg and "open for 10 min" in again.msg
    clock.now += 60
    ended = act(tmp_path, clock, do="close")
    assert ended.msg == f"P1 incident {record['id']} of shop is over, it lasted 11 min"
    assert [one["phase"] for one in ended.data["incident"]["log"]] == [
        *("acknowledged", "assessed", "communicated", "assessed", "mitigated", "communicated")
    ]
    after = act(tmp_path, clock, do="close", id=record["id"])
    assert after.data["already"] and not after.changed
    found = members(tmp_path, record["id"])
    assert {name.partition("/")[0][-2:] for name in found} == {"-1", "-2", "-3"}
    assert "restarted the api" in next(text for name, text in found.items() if name.endswith("3/post-mortem.md"))
    for path in (tmp_path / "shop/incidents").glob("*.*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert act(tmp_path, clock, hosts=FINE).data["first"]  # the next one is another


def test_a_severity_gets_worse_by_itself_and_better_by_people(tmp_path: Path, clock: Clock) -> None:
    assert act(tmp_path, clock, id="INC-1", hosts=FINE).data["incident"]["severity"] == "P4"
    clock.now += 3600
    worse = act(tmp_path, clock, hosts=DOWN).data["incident"]
    assert (worse["severity"], worse["respond_by"]) == ("P1", "2026-03-01T03:15:00Z")
    assert act(tmp_path, clock, hosts=FINE).data["incident"]["severity"] == "P1"
    better = act(tmp_path, clock, hosts=DOWN, severity="P3").data["incident"]
    assert (better["severity"], better["respond_by"]) == ("P3", "2026-03-01T06:00:00Z")
    assert act(tmp_path, clock, hosts=DOWN).data["incident"]["severity"] == "P3"  # people have decided


def test_nothing_is_kept_in_check_mode(tmp_path: Path, clock: Clock) -> None:
    told = act(tmp_path, clock, check_mode=True, hosts=DOWN)
    assert told.changed and "P1 incident" in told.msg and list(tmp_path.iterdir()) == []


def test_what_is_meant_must_be_clear(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(InputError, match="no incident of shop is open"):
        act(tmp_path, clock, do="close")
    assert list(tmp_path.iterdir()) == []
    act(tmp_path, clock, id="A")
    act(tmp_path, clock, id="B")
    told = "2 incidents of shop are open: A, B; name one, with -e incident=ID or the option id"
    with pytest.raises(InputError, match=told):
        act(tmp_path, clock)
    with pytest.raises(NotThere, match=r"no incident C of shop.*open are: A, B"):
        act(tmp_path, clock, do="close", id="C")
    with pytest.raises(InputError, match="not a usable"):
        act(tmp_path, clock, id="../x")
    with pytest.raises(InputError, match="no such severity: P9; expected one of P1, P2, P3, P4"):
        act(tmp_path, clock, id="A", severity="P9")
    act(tmp_path, clock, do="close", id="A")
    with pytest.raises(InputError, match="the incident A is closed"):
        act(tmp_path, clock, id="A")
    (tmp_path / "shop/incidents/B.json").write_text('{"format": 9}', encoding="utf-8")
    with pytest.raises(OpsError, match="of another format"):
        act(tmp_path, clock)


def test_evidence_without_secrets(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "window.json"
    file.write_text(json.dumps({"token": "hush-1", "reason": 'say "hush-4"'}), encoding="utf-8")
    pieces = [
        {"name": "a.json", "content": {"password": "hush-2", "deep": [{"text": "it says hush-3 and hush-4"}]}},
        {"name": "b.txt", "text": "--api-key hush-5"},
        {"name": "c.json", "file": str(file)},
        {"name": "d.txt", "file": "/no/such"},
        {"name": "e.txt", "missing": "the database is down"},
    ]
    hide = [{"login_password": "hush-3"}, {"url": "redis://shop:hush-4@127.0.0.1"}, {"pin": "x", "secret": "abc"}]
    told = act(tmp_path, clock, id="INC-1", pieces=pieces, hide=hide, note="password=hush-6")
    assert told.data["missing"] == [
        "d.txt: the file cannot be read (No such file or directory): /no/such",
        "e.txt: the database is down",
    ]
    found = members(tmp_path, "INC-1")
    assert {name.rpartition("/")[2] for name in found} == {
        *("a.json", "b.txt", "c.json", "incident.json", "missing.txt", "post-mortem.md")
    }
    record = (tmp_path / "shop/incidents/INC-1.json").read_text(encoding="utf-8")
    everything = str(found) + record + str(told)
    assert "hush" not in everything, everything[everything.index("hush") - 200 :]


def test_evidence_that_cannot_be_written_is_told(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    act(tmp_path, clock, id="INC-1")
    before = members(tmp_path, "INC-1")

    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    told = act(tmp_path, clock, id="INC-1", hosts=DOWN)
    assert "P1 incident INC-1" in told.msg
    assert [one.partition(" (")[0] for one in told.data["missing"]] == [
        "cannot write the evidence",
        "cannot write the file",
    ]
    assert members(tmp_path, "INC-1") == before and not list(tmp_path.rglob(".INC-1.tar*"))


def test_a_folder_that_cannot_be_made(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "shop").write_text("a file", encoding="utf-8")
    told = act(tmp_path, clock, id="INC-1", hosts=DOWN)
    assert "P1 incident INC-1" in told.msg and told.data["missing"][0].startswith("cannot make the folder")


def test_names_of_pieces(tmp_path: Path, clock: Clock) -> None:
    for names in (["../x"], ["a", "a"]):
        with pytest.raises(InputError, match="piece"):
            act(tmp_path, clock, pieces=[{"name": name, "text": ""} for name in names])
