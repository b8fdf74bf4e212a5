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
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._reports.forms import FORMS
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import operate, validated

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
    return operate(validated({"name": "daily", "dir": str(folder), **options}), check_mode)


class Tags(HTMLParser):
    """The tags of a page that were opened, and those that were never closed."""

    VOID = frozenset({"meta", "br", "link", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.unclosed: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "link":
            self.links += [value or "" for name, value in attrs if name in {"href", "src"} and value != "#main"]
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
    assert written["hosts"]["b"]["checks"][0]["reason"] == "status is 503"
    assert (written["format"], written["name"], written["status"]) == (2, "daily", "failed")
    assert (written["severity"], written["exit_status"]) == ("critical", 2)
    assert written["counts"]["hosts"] == {"passed": 1, "failed": 1, "unknown": 0}
    assert written["counts"]["checks"] == {"pass": 0, "fail": 1, "unknown": 0, "skipped": 0}
    for told in written["hosts"].values():
        del told["checks"]
    assert written == result.data["report"]
    page = Path(result.data["html"]).read_text(encoding="utf-8")
    assert "Daily checks" in page
    assert "status is 503" in page


def test_what_was_aborted_is_no_failure(folder: Path) -> None:
    formats = sorted(FORMS)
    result = report(folder, status="aborted", summary="as was asked", hosts={"a": host("failed")}, formats=formats)
    assert result.msg == "aborted: as was asked"
    told = result.data["report"]
    assert (told["status"], told["severity"], told["exit_status"]) == ("aborted", "warning", 1)
    page = Path(result.data["html"]).read_text(encoding="utf-8")
    assert '<span class="mark warn"><span aria-hidden="true">!</span> aborted</span>' in page
    assert ": ! aborted" in Path(result.data["files"]["markdown"]).read_text(encoding="utf-8")


def test_names_and_modes_of_files(folder: Path) -> None:
    result = report(folder)
    names = sorted(path.name for path in folder.iterdir())
    assert [re.sub(r"\d{8}T\d{6}Z", "TIME", name) for name in names] == [
        "daily-TIME.html",
        "daily-TIME.json",
        "daily-latest.html",
        "daily-latest.json",
    ]
    assert {str(path) for path in folder.iterdir() if not path.is_symlink()} == set(result.data["files"].values())
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}
    assert str((folder / "daily-latest.html").resolve()) == result.data["html"]


def test_each_form_has_its_file_and_the_textfile_is_for_all(folder: Path) -> None:
    folder.mkdir()
    result = report(folder, formats=list(FORMS), textfile_dir=str(folder), hosts={"a": host("passed", check())})
    files = {name: Path(path) for name, path in result.data["files"].items()}
    assert set(files) == {*FORMS, "textfile"}
    assert files["prometheus"] == folder / "daily-latest.prom"
    assert files["textfile"] == folder / "daily.prom"
    assert stat.S_IMODE(files["textfile"].stat().st_mode) == 0o644
    assert files["textfile"].read_bytes() == files["prometheus"].read_bytes()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_old_reports_of_the_name_go_in_every_form(folder: Path) -> None:
    folder.mkdir()
    old = [f"daily-2026010{day}T000000Z.{ending}" for day in (1, 2, 3) for ending in ("json", "html", "xml")]
    others = ["daily-checks-20260101T000000Z.json", "daily-notes.json", "daily-20260101T000000Z.json.bak"]
    for name in [*old, *others]:
        (folder / name).write_text("", encoding="utf-8")
    result = report(folder, keep=2)
    left = {path.name for path in folder.iterdir() if not path.is_symlink()}
    new = {Path(path).name for path in result.data["files"].values()}
    assert left == {*others, *(name for name in old if "20260103" in name), *new}


def test_a_report_stays_when_the_clock_ran_ahead_before(folder: Path) -> None:
    folder.mkdir()
    (folder / "daily-29990101T000000Z.json").write_text("", encoding="utf-8")
    result = report(folder, keep=1)
    assert Path(result.data["json"]).exists()
    assert not (folder / "daily-29990101T000000Z.json").exists()


def test_what_cannot_be_removed_is_a_warning(folder: Path) -> None:
    (folder / "daily-20260101T000000Z.json").mkdir(parents=True)
    result = report(folder, keep=1)
    assert [warning.partition(" (")[0] for warning in result.warnings] == ["cannot remove an old report"]


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
    evil = check(
        status="fail", name=EVIL, kind=EVIL, severity=EVIL, reason=EVIL, runbook=f"https://docs.example/{EVIL}"
    )
    hosts = {EVIL: host("failed", evil, summary=EVIL, failures=[EVIL])}
    result = report(folder, title=EVIL, summary=EVIL, hosts=hosts, window=WINDOW)
    page = Path(result.data["html"]).read_text(encoding="utf-8")
    tags = Tags(page)
    assert "<script>alert" not in page
    assert tags.unclosed == []
    assert tags.seen.count("script") == 2  # the data and the page's own
    assert tags.links == [f"https://docs.example/{EVIL}"]
    written = json.loads(Path(result.data["json"]).read_text(encoding="utf-8"))["hosts"][EVIL]["checks"][0]
    assert (written["severity"], written["name"]) == ("critical", EVIL)


def test_an_address_is_escaped_in_a_link(folder: Path) -> None:
    address = "https://docs.example/?a=1&b='\"<i>"
    hosts = {"a": host("failed", check(status="fail", runbook=address))}
    page = Path(report(folder, hosts=hosts).data["html"]).read_text(encoding="utf-8")
    assert Tags(page).links == [address]


def test_only_a_web_address_becomes_a_link(folder: Path) -> None:
    bad = ["javascript:alert(1)", "see the wiki", "https://", "http://[", "data:text/html,x", "https://a b"]
    hosts = {"a": host("failed", *(check(status="fail", runbook=one) for one in bad))}
    page = Path(report(folder, hosts=hosts).data["html"]).read_text(encoding="utf-8")
    assert Tags(page).links == []


def test_the_page_needs_nothing_from_elsewhere(folder: Path) -> None:
    page = Path(report(folder, hosts={"a": host("passed", check())}).data["html"]).read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"'\s<]*", page) == ["http://www.w3.org/2000/svg"]  # the name of SVG, no request
    assert not {"img", "iframe", "object", "audio", "video"} & set(Tags(page).seen)
    assert "default-src 'none'" in page
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


@pytest.mark.parametrize("name", ["a/b", "../up", "..", ".hidden", "/etc/passwd", "", "a\nb", "a\x1bb", "n" * 201])
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a usable report name"):
        report(folder, name=name)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = report(tmp_path / "file" / "reports", hosts={"a": host()})
    assert result.failed and not result.changed
    assert result.msg.startswith("cannot make the folder")
    assert result.data["report"]["hosts"]["a"]["status"] == "passed"
    assert result.data["lines"] and "files" not in result.data


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
    with full_disk():
        result = report(folder)
    assert result.failed and result.msg.startswith("cannot write the file (File too large)")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep": -1}, "keep is too small: -1; expected 0"),
        ({"hosts": {"a": ["x"]}}, "hosts.a; expected a dictionary"),
        ({"hosts": {"a": {"status": "passed", "checks": "x"}}}, "hosts.a.checks; expected a list of dictionaries"),
        ({"hosts": {"a": {"status": "passed", "failures": "x"}}}, "hosts.a.failures; expected a list of text"),
        ({"hosts": "x"}, "argument 'hosts' is of type str"),
        ({"formats": ["pdf"]}, "value of formats must be one or more of"),
        ({"sections": [{"text": "x"}]}, "missing required arguments: title in sections"),
        ({"sections": [{"title": "x", "items": [{"txt": "y"}]}]}, "unknown option sections.items.txt"),
    ],
)
def test_wrong_options_are_one_line_and_nothing_is_written(folder: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        report(folder, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
