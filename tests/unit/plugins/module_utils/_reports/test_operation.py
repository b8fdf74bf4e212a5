# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports: what they hold, how they look, and that their files are whole and private."""

from __future__ import annotations

import json
import re
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import SPEC, operate

EVIL = "<script>alert('x')</script>\"&"


def check(**more: Any) -> dict[str, Any]:
    found = {"name": "api", "kind": "http", "severity": "critical", "status": "pass", "reason": "", "seconds": 0.5}
    return {**found, "runbook": "", **more}


def host(status: str = "passed", *checks: dict[str, Any], **more: Any) -> dict[str, Any]:
    summary = f"{status}: some checks"
    return {"status": status, "summary": summary, "failures": [], "warnings_seen": [], "checks": list(checks), **more}


WINDOW = {
    "id": "20260102T030405Z-1f3a",
    "reason": EVIL,
    "opened_at": "2026-01-02T03:04:05Z",
    "steps": {
        f"step: {EVIL}": {"status": "done", "started_at": "2026-01-02T03:04:07Z", "at": "2026-01-02T03:04:08Z"},
        "preflight": {"status": "done", "started_at": "2026-01-02T03:04:06Z", "at": "2026-01-02T03:04:06Z"},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def report(folder: Path, check_mode: bool = False, **options: Any) -> Result:
    params = SPEC.validate({"name": "daily", "dir": str(folder), **options}, "arguments")
    return operate(params, check_mode)


class Tags(HTMLParser):
    """The tags of a page that were opened, and those that were never closed."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.unclosed: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in self.VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag


def test_the_files_hold_what_was_found(folder: Path) -> None:
    hosts = {
        "b": host("failed", check(status="fail", reason="status is 503"), failures=["critical api: fail"]),
        "a": host(),
    }
    result = report(folder, title="Daily checks", hosts=hosts)
    assert result.changed
    assert result.msg == "failed: 1 of 2 hosts pass"
    written = json.loads(Path(result.data["json"]).read_text(encoding="utf-8"))
    assert written == result.data["report"]
    assert (written["format"], written["name"], written["status"]) == (1, "daily", "failed")
    assert written["hosts"]["b"]["checks"][0]["reason"] == "status is 503"
    page = Path(result.data["html"]).read_text(encoding="utf-8")
    assert "Daily checks" in page
    assert "status is 503" in page


def test_names_and_modes_of_files(folder: Path) -> None:
    result = report(folder)
    names = sorted(path.name for path in folder.iterdir())
    assert [re.sub(r"\d{8}T\d{6}Z", "TIME", name) for name in names] == ["daily-TIME.html", "daily-TIME.json"]
    assert {str(folder / name) for name in names} == {result.data["html"], result.data["json"]}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}


def test_a_host_without_a_result_is_unknown(folder: Path) -> None:
    hosts = {"a": host(), "b": {}, "c": None, "d": {"msg": "could not connect"}}
    result = report(folder, hosts=hosts)
    told = result.data["report"]["hosts"]
    assert [told[name]["status"] for name in "abcd"] == ["passed", "unknown", "unknown", "unknown"]
    assert told["b"]["summary"] == "unknown: no result came from this host"
    assert told["d"]["summary"] == "unknown: could not connect"
    assert result.data["report"]["status"] == "unknown"


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ([], "unknown"),
        (["passed"], "passed"),
        (["passed", "unknown"], "unknown"),
        (["unknown", "failed", "passed"], "failed"),
    ],
)
def test_the_worst_host_names_the_report(folder: Path, statuses: list[str], worst: str) -> None:
    hosts = {str(number): host(status) for number, status in enumerate(statuses)}
    assert report(folder, check_mode=True, hosts=hosts).data["report"]["status"] == worst


def test_a_status_and_summary_that_are_given_win(folder: Path) -> None:
    result = report(folder, check_mode=True, status="failed", summary="THE INGRESS IS CLOSED", hosts={"a": host()})
    assert result.msg == "failed: THE INGRESS IS CLOSED"


def test_everything_in_the_page_is_escaped(folder: Path) -> None:
    evil = check(name=EVIL, kind=EVIL, severity=EVIL, status=EVIL, reason=EVIL, runbook=f"https://docs.example/{EVIL}")
    hosts = {EVIL: host("failed", evil, summary=EVIL, failures=[EVIL])}
    result = report(folder, title=EVIL, summary=EVIL, hosts=hosts, window=WINDOW)
    page = Path(result.data["html"]).read_text(encoding="utf-8")
    tags = Tags(page)
    assert "<script" not in page
    assert tags.unclosed == []
    assert "script" not in tags.seen
    assert tags.links == [f"https://docs.example/{EVIL}"]


def test_only_a_web_address_becomes_a_link(folder: Path) -> None:
    hosts = {"a": host("passed", check(runbook="javascript:alert(1)"), check(runbook="see the wiki"))}
    page = Path(report(folder, hosts=hosts).data["html"]).read_text(encoding="utf-8")
    assert Tags(page).links == []


def test_the_page_needs_nothing_from_elsewhere(folder: Path) -> None:
    page = Path(report(folder, hosts={"a": host("passed", check())}).data["html"]).read_text(encoding="utf-8")
    assert "http" not in page.replace("<td>http</td>", "")
    assert "prefers-color-scheme" in page


def test_the_steps_of_a_window_are_shown_in_their_order(folder: Path) -> None:
    page = Path(report(folder, window=WINDOW).data["html"]).read_text(encoding="utf-8")
    assert page.index("preflight") < page.index("step: &lt;script")
    assert "opened 2026-01-02T03:04:05Z</p>" in page
    closed = Path(report(folder, name="closed", window={**WINDOW, "closed_at": "later"}).data["html"])
    assert ", closed later</p>" in closed.read_text(encoding="utf-8")


def test_lines_for_a_terminal(folder: Path) -> None:
    hosts = {
        "web": host("failed", failures=["critical api: fail"], warnings_seen=["warning disk: fail"]),
        "db-1": host(),
    }
    assert report(folder, check_mode=True, title="Daily checks", hosts=hosts).data["lines"] == [
        "Daily checks: failed: 1 of 2 hosts pass",
        "  db-1  passed: some checks",
        "  web   failed: some checks",
        "  web: critical api: fail",
        "  web: warning disk: fail",
    ]


def test_check_mode_writes_nothing(folder: Path) -> None:
    result = report(folder, check_mode=True, hosts={"a": host()})
    assert result.changed
    assert result.data["html"].startswith(str(folder))
    assert not folder.exists()


@pytest.mark.parametrize("name", ["a/b", "../up", "..", ".hidden", "/etc/passwd"])
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a usable report name"):
        report(folder, name=name)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OpsError, match="cannot make the folder"):
        report(tmp_path / "file" / "reports")


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond ten bytes, as on a disk that is full; briefly, as the test's own log may be a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_failed_write_leaves_nothing_half_done(folder: Path) -> None:
    with full_disk(), pytest.raises(OpsError, match=r"cannot write the file \(File too large\)"):
        report(folder)
    assert list(folder.iterdir()) == []
