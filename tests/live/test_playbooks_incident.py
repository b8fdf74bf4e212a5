# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Incidents of the demo service that is half down, from their beginning to their end."""

from __future__ import annotations

import json
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.tests.lab.lab import Lab
from ansible_collections.day2.ops.tests.live.playbooks import Done, Operator, leaks, secrets_of


@pytest.fixture
def own(lab_folder: Path, tmp_path: Path) -> Iterator[Operator]:
    with Lab(lab_folder) as lab:
        lab.up()
        yield Operator(lab, tmp_path)


def told(operator: Operator) -> str:
    """Return what the webhook was told, all of it."""
    return Path(operator.lab.facts["webhook"]["file"]).read_text(encoding="utf-8")


def run(operator: Operator, *arguments: str, **variables: Any) -> Done:
    done = operator.run("incident", *arguments, **variables)
    assert leaks(operator, done, secrets_of(operator.lab.facts)) == []
    return done


def record_of(operator: Operator, number: str) -> dict[str, Any]:
    path = operator.state / "demo/incidents" / f"{number}.json"
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


@pytest.mark.usefixtures("service")
def test_it_is_opened_with_evidence_and_told(lab: Lab, tmp_path: Path) -> None:
    operator = Operator(lab, tmp_path)
    lab.break_server("api", "kill")
    done = run(operator, incident="INC-42")
    assert done.status == 0, done.text
    assert "P1 incident INC-42 of demo: the service is down" in done.text and "Answer within 15 min, by " in done.text
    bundle = operator.state / "demo/incidents/INC-42.tar"
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with tarfile.open(bundle) as archive:
        names = {name.rpartition("/")[2] for name in archive.getnames()}
    assert {"checks.json", "diagnosis.md", "queues.json", "versions.json", "logs.json", "post-mortem.md"} <= names
    assert "window.json: there never was a window" in done.text
    assert "P1 incident INC-42 of demo" in told(operator)
    assert [one["phase"] for one in record_of(operator, "INC-42")["log"]] == [
        "acknowledged",
        "assessed",
        "communicated",
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"severity": "P9"}, "no such severity: P9; expected one of P1, P2, P3, P4"),
        ({"incident": "../../x"}, "not a usable incident name: ../../x; expected letters"),
    ],
)
def test_a_slip_is_told_before_anything_is_looked_at(
    lab: Lab, tmp_path: Path, given: dict[str, str], told: str
) -> None:
    operator = Operator(lab, tmp_path)
    done = operator.run("incident", **given)
    assert done.status == 2 and told in done.text, done.output
    assert operator.written() == []


@pytest.mark.long
def test_it_goes_on_whoever_cannot_be_told(own: Operator) -> None:
    own.lab.end_process("worker-1", kill=True)
    refused = {"day2_announce": {"webhook_url": "http://127.0.0.1:9/hook"}}
    first = run(own, **refused)
    assert first.status == 0 and "P2 incident" in first.text and "not told: webhook" in first.text, first.text
    (path,) = (own.state / "demo/incidents").glob("*.json")
    own.lab.up()
    second = run(own, note="password=hunter2hunter was wrong", **refused)
    assert second.status == 0 and "Done: password=*** was wrong" in second.text, second.text
    record = record_of(own, path.stem)
    assert record["runs"] == 2 and record["severity"] == "P2" and "hunter2" not in str(record)
    assert "not told: webhook" in str(record["log"])
    ended = run(own, incident_do="close")
    assert ended.status == 0 and "is over, it lasted" in ended.text and "is over" in told(own), ended.text
    phases = [one["phase"] for one in record_of(own, path.stem)["log"]]
    assert phases[-4:] == ["mitigated", "communicated", "communicated", "communicated"]
    again = run(own, incident_do="close", incident=path.stem, **refused)
    assert again.status == 0 and "is over since" in again.text and "changed=0" in again.text, again.text
