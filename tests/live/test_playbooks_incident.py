# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An incident of the demo service that is half down, from its beginning to its end, in a lab of the test's own."""

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


def test_from_its_beginning_to_its_end(own: Operator) -> None:
    own.lab.end_process("api", kill=True)
    done = run(own, incident="INC-42")
    assert done.status == 0, done.text
    assert "P1 incident INC-42 of demo: the service is down" in done.text and "Answer within 15 min, by " in done.text
    bundle = own.state / "demo/incidents/INC-42.tar"
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with tarfile.open(bundle) as archive:
        names = {name.rpartition("/")[2] for name in archive.getnames()}
    assert {"checks.json", "diagnosis.md", "queues.json", "versions.json", "logs.json", "post-mortem.md"} <= names
    assert "window.json: there never was a window" in done.text

    assert "P1 incident INC-42 of demo" in told(own)
    own.lab.up()
    ended = run(own, incident_do="close", note="the API was started again")
    assert ended.status == 0 and "P1 incident INC-42 of demo is over, it lasted" in ended.text, ended.text
    record = record_of(own, "INC-42")
    phases = [one["phase"] for one in record["log"]]
    assert phases == ["acknowledged", "assessed", "communicated", "mitigated", "communicated", "communicated"]
    assert record["state"] == "closed" and "INC-42 of demo is over" in told(own)
