# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node of OpenSearch or Elasticsearch as tests use it: indices, repositories and snapshots under a name of their own.

States that are harder to bring about are in search_states.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from ansible_collections.day2.ops.tests.lab.state import SearchFacts
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

NOBODY = "http://127.0.0.1:1"
_SECONDS = 60


class Cluster:
    """A node, and what a test makes in it: all of that has `mine` in its name, and `remove` removes it."""

    def __init__(self, name: str, facts: SearchFacts) -> None:
        self.name = name
        self.url = facts["url"]
        self.repositories_dir = Path(facts["repositories_dir"])
        self.mine = f"test-{uuid.uuid4().hex[:8]}"

    def answer(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Return the answer, good or bad."""
        return requests.request(method, f"{self.url}/{path}", json=body, timeout=_SECONDS)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON of a good answer; another one is an error that says what the server said."""
        answer = self.answer(method, path, body)
        if not answer.ok:
            raise requests.HTTPError(f"{answer.status_code} for {method} {path}: {answer.text[:2000]}", response=answer)
        return answer.json()

    def make_index(self, suffix: str, **settings: Any) -> str:
        """Make an index that the node can hold, unless the settings say otherwise; its name."""
        name = f"{self.mine}-{suffix}"
        body = {"settings": {"index.number_of_replicas": 0, **settings}}
        self.ask("PUT", f"{name}?wait_for_active_shards=0", body)
        return name

    def filled_index(self, suffix: str, count: int, **settings: Any) -> str:
        """Make an index of so many documents; its name."""
        name = self.make_index(suffix, **settings)
        self.fill(name, count)
        return name

    def unassigned_index(self, suffix: str = "unassigned") -> str:
        """Make an index whose primary no node may hold, which makes the cluster red; its name.

        A snapshot of it is refused (500, snapshot_exception), or with `partial` it is PARTIAL.
        """
        return self.make_index(suffix, **{"index.routing.allocation.require._name": "nobody"})

    def fill(self, index: str, count: int) -> None:
        """Write documents 0 to `count` - 1, anew if they are there, and show them; each takes about 2 KB on disk."""
        lines = []
        for number in range(count):
            lines.append(json.dumps({"index": {"_id": str(number)}}))
            # Random, so that it does not shrink when it is compressed.
            lines.append(json.dumps({"number": number, "text": secrets.token_hex(512)}))
        body = "".join(f"{line}\n" for line in lines)
        headers = {"Content-Type": "application/x-ndjson"}
        url = f"{self.url}/{index}/_bulk?refresh=true"
        answer = requests.post(url, data=body, headers=headers, timeout=_SECONDS)
        answer.raise_for_status()
        assert not answer.json()["errors"], answer.text[:2000]

    def count(self, index: str) -> int:
        """Return the number of documents that can be found."""
        self.ask("POST", f"{index}/_refresh")
        return int(self.ask("GET", f"{index}/_count")["count"])

    def indices(self) -> list[str]:
        """Return the names of all indices with `mine` in their names: restored ones too."""
        # Not by a pattern with a leading asterisk: that finds no closed ones.
        found = self.ask("GET", "_cluster/state/metadata?filter_path=metadata.indices.*.state")
        return sorted(name for name in found.get("metadata", {}).get("indices", {}) if self.mine in name)

    def folder(self, repository: str) -> Path:
        """Return where an fs repository of that name is to be."""
        return self.repositories_dir / repository

    def repository(self, suffix: str = "repository", **settings: Any) -> str:
        """Register an fs repository in a folder of its own; its name."""
        name = f"{self.mine}-{suffix}"
        location = str(self.folder(name))
        self.ask("PUT", f"_snapshot/{name}", {"type": "fs", "settings": {"location": location, **settings}})
        return name

    def slow_repository(self, suffix: str = "slow", rate: str = "200kb") -> str:
        """Register an fs repository that takes `rate` a second: a hundred documents a second by default; its name."""
        return self.repository(suffix, max_snapshot_bytes_per_sec=rate)

    def readonly_repository(self, repository: str, suffix: str = "readonly") -> str:
        """Register the folder of a repository a second time, under another name, only to be read; its name."""
        return self.repository(suffix, location=str(self.folder(repository)), readonly=True)

    def snapshot(self, repository: str, name: str, *indices: str, wait: bool = True, **options: Any) -> Any:
        """Make a snapshot of the indices, and wait for its end; what the server says."""
        # What the server holds of other tests is not looked at.
        body = {"indices": ",".join(indices or [f"{self.mine}*"]), "include_global_state": False, **options}
        return self.ask("PUT", f"_snapshot/{repository}/{name}?wait_for_completion={str(wait).lower()}", body)

    def snapshots(self, repository: str) -> dict[str, str]:
        """Return the states of the snapshots in the repository, by name."""
        found = self.ask("GET", f"_snapshot/{repository}/_all")["snapshots"]
        return {snapshot["snapshot"]: snapshot["state"] for snapshot in found}

    def state(self, repository: str, name: str) -> str | None:
        """Return the state of the snapshot, or None when there is none of that name."""
        return self.snapshots(repository).get(name)

    def repositories(self) -> list[str]:
        """Return the names of all repositories with `mine` in their names."""
        return sorted(name for name in self.ask("GET", "_snapshot/_all") if self.mine in name)

    def await_calm(self) -> None:
        """Return when the node has found its shards, as it must after a start."""

        def calm() -> bool:
            health = self.ask("GET", "_cluster/health?wait_for_events=languid&timeout=5s")
            busy = health["initializing_shards"] + health["number_of_in_flight_fetch"]
            return not (busy or health["timed_out"])

        wait_for(f"the shards of {self.name}", calm, _SECONDS)

    def give(self, folder: Path) -> None:
        """Hand the folder and all that is in it to whom the node runs as."""
        owner = self.repositories_dir.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)

    def remove(self) -> None:
        """End the snapshots that still run, and remove everything with `mine` in its name, the folders too."""
        for repository in self.repositories():
            self._end_snapshots(repository)
            self.ask("DELETE", f"_snapshot/{repository}")
        for index in self.indices():
            self.ask("DELETE", index)
        for folder in self.repositories_dir.glob(f"*{self.mine}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _end_snapshots(self, repository: str) -> None:
        for snapshot in self.ask("GET", f"_snapshot/{repository}/_status")["snapshots"]:
            # It may have ended by itself meanwhile, in a repository that is broken.
            self.answer("DELETE", f"_snapshot/{repository}/{snapshot['snapshot']}")

        def ended() -> bool:
            return not self.ask("GET", f"_snapshot/{repository}/_status")["snapshots"]

        wait_for(f"the end of the snapshots in {repository}", ended, _SECONDS)


@contextlib.contextmanager
def cluster_of(name: str, facts: SearchFacts) -> Iterator[Cluster]:
    """Give the node for one test; what the test made is removed."""
    made = Cluster(name, facts)
    try:
        yield made
    finally:
        made.remove()
