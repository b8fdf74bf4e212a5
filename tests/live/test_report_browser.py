# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page in a real browser: what it shows, filters, sorting, keyboard, colours, print, and no request."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._reports import model
from ansible_collections.day2.ops.plugins.module_utils._reports.forms import FORMS
from ansible_collections.day2.ops.plugins.module_utils._reports.operation import validated
from ansible_collections.day2.ops.tests.lab.waiting import wait_for
from ansible_collections.day2.ops.tests.live.browser import Browser, program
from ansible_collections.day2.ops.tests.live.sample_report import pictures, sample

pytestmark = pytest.mark.skipif(program() is None, reason="no chromium on this machine: Debian has it as chromium")

EVIL = "</script><script>window.harmed=1</script><img src=http://evil.example/x onerror='window.harmed=1'>"
# WCAG 2.1, 1.4.3: how much text must stand out from what is behind it.
CONTRAST = 4.5


@pytest.fixture(scope="module")
def one_browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(one_browser: Browser) -> Iterator[Browser]:
    """The browser in a fresh state; after each test its page must have been silent and have asked for nothing."""
    one_browser.console.clear()
    one_browser.requests.clear()
    one_browser.emulate()
    one_browser.command("Emulation.setScriptExecutionDisabled", value=False)
    yield one_browser
    one_browser.value("document.readyState")  # what the page has said before comes before the answer
    assert one_browser.console == []
    assert [address for address in one_browser.requests if not address.startswith(("file:", "data:"))] == []


def shown(browser: Browser, folder: Path, report: model.Report) -> Browser:
    page = folder / "report.html"
    page.write_text(FORMS["html"].text(report), encoding="utf-8")
    browser.open(page)
    return browser


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Browser:
    return shown(browser, tmp_path, sample())


def column(page: Browser, number: int) -> list[str]:
    cells: list[str] = page.value(
        f"[...document.querySelectorAll('#table tbody tr')].map(row => row.cells[{number}].textContent)"
    )
    return cells


def choose(page: Browser, name: str, value: str) -> None:
    page.value(
        f"(() => {{ const field = document.getElementById('{name}'); field.value = {json.dumps(value)};"
        " field.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )


def count(page: Browser) -> str:
    return str(page.value("document.getElementById('count').textContent"))


def test_problems_are_what_is_seen_first(page: Browser) -> None:
    assert page.value("document.querySelector('h1').textContent") == "Daily checks of shop: ✗ failed"
    assert column(page, 2) == ["db-2", "web-3", "db-2", "worker-2"]
    assert column(page, 0) == ["✗ fail new", "✗ fail new", "? unknown", "✗ fail"]
    assert count(page) == "4 of 42 checks"
    text = page.value("document.body.innerText")
    assert "web-3: critical api ready: fail (was pass): status is 503, expected 200" in text
    assert "cache-1: critical redis: pass (was fail)" in text
    assert "Grow the disk of db-2" in text
    links = page.value("[...document.querySelectorAll('#table a')].map(a => [a.href, a.rel])")
    assert ["https://runbooks.shop.example/http", "noopener noreferrer"] in links


def test_filters_add_up_and_reset_takes_them_back(page: Browser) -> None:
    choose(page, "show", "all")
    assert count(page) == "42 of 42 checks"
    choose(page, "find", "DISK db")
    assert column(page, 2) == ["db-2", "db-1"]
    choose(page, "show", "pass")
    assert column(page, 2) == ["db-1"]
    choose(page, "find", "")
    choose(page, "severity", "w")
    choose(page, "host", "web-1")
    assert sorted(column(page, 3)) == ["load", "memory"]
    choose(page, "host", "")
    choose(page, "severity", "")
    choose(page, "show", "new")
    assert sorted(column(page, 3)) == ["api ready", "disk", "redis"]
    choose(page, "find", "no such thing")
    assert (column(page, 3), count(page)) == ([], "0 of 42 checks")
    page.value("document.querySelector('button[type=reset]').click()")
    wait_for("the reset", lambda: count(page) == "4 of 42 checks")


def test_columns_sort_up_and_down_and_say_so(page: Browser) -> None:
    choose(page, "show", "all")
    head = "document.querySelector('th button[data-key=seconds]')"
    page.value(f"{head}.click()")
    rising = [float(cell) for cell in column(page, 8)]
    assert rising == sorted(rising)
    assert page.value(f"{head}.parentElement.getAttribute('aria-sort')") == "ascending"
    page.value(f"{head}.click()")
    assert [float(cell) for cell in column(page, 8)] == rising[::-1]
    assert page.value(f"{head}.parentElement.getAttribute('aria-sort')") == "descending"
    page.value("document.querySelector('th button[data-key=host]').click()")
    assert column(page, 2) == sorted(column(page, 2))
    assert page.value("document.querySelectorAll('th[aria-sort]').length") == 1


def test_the_keyboard_is_enough(page: Browser) -> None:
    page.key("Tab")
    assert page.value("document.activeElement.className") == "skip"
    for _stop in range(2):
        page.key("Tab")
    assert page.value("document.activeElement.id") == "find"
    page.type("dead letters")
    assert column(page, 2) == ["worker-2"]
    seen = []
    while page.value("document.activeElement.dataset.key") != "host":
        page.key("Tab")
        seen.append(page.value("document.activeElement.id || document.activeElement.tagName"))
        assert len(seen) < 12, seen
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.key("Enter", text="\r")
    assert page.value("document.activeElement.parentElement.getAttribute('aria-sort')") == "ascending"
    assert page.value("document.activeElement.dataset.key") == "host"


def test_what_a_screen_reader_needs_is_there(page: Browser) -> None:
    assert page.value("document.documentElement.lang") == "en"
    assert page.value("document.querySelectorAll('main, header').length") == 2
    unnamed = page.value(
        "[...document.querySelectorAll('input, select, button, a')].filter(one => !one.labels?.length"
        " && !one.textContent.trim() && !one.getAttribute('aria-label')).map(one => one.outerHTML)"
    )
    assert unnamed == []
    live = page.value("['role', 'aria-live'].map(name => document.getElementById('count').getAttribute(name))")
    assert live == ["status", "polite"]
    label = page.value("document.querySelector('#table svg').getAttribute('aria-label')")
    assert re.fullmatch(r"14 runs: 13 pass, 1 fail, 0 unknown; used_percent from \S+ to \S+, now \S+", label)
    identities = page.value("[...document.querySelectorAll('[id]')].map(one => one.id)")
    assert len(identities) == len(set(identities))


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(page: Browser) -> list[Any]:
    """Return each kind of text that does not stand out enough from what is behind it."""
    pairs = page.value(
        """[...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && [...one.childNodes].some(
             node => node.nodeType === 3 && node.textContent.trim())).map(one => {
             let behind = one;
             while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
             return [getComputedStyle(one).color, getComputedStyle(behind).backgroundColor, one.outerHTML.slice(0, 80)];
           })"""
    )
    assert len(pairs) > 50
    found = []
    for colour, behind, what in pairs:
        lower, higher = sorted((luminance(colour), luminance(behind)))
        if (higher + 0.05) / (lower + 0.05) < CONTRAST:
            found.append((what, colour, behind))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_and_the_button_turns_them(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    browser.emulate(prefers_color_scheme=scheme)
    page = shown(browser, tmp_path, sample())
    back = "getComputedStyle(document.body).backgroundColor"
    assert (luminance(page.value(back)) < 0.2) == (scheme == "dark")
    assert faint(page) == []
    page.value("document.getElementById('theme').click()")
    assert (luminance(page.value(back)) < 0.2) == (scheme == "light")
    assert faint(page) == []


def test_without_scripts_problems_and_sections_are_there(browser: Browser, tmp_path: Path) -> None:
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    (tmp_path / "report.html").write_text(FORMS["html"].text(sample()), encoding="utf-8")
    browser.open(tmp_path / "report.html")
    text = browser.value("document.body.innerText")
    assert "Below is what does not pass; with scripts allowed, all 42 checks." in text
    assert "json checks.redis is 'timeout'" in text
    assert "passed 13 of 14 runs" in text
    assert "lvextend" in text
    assert browser.value(
        "[...document.querySelectorAll('#controls, #theme, #more')].every(one => !one.checkVisibility())"
    )


def test_print_has_every_filtered_row_and_no_controls(browser: Browser, tmp_path: Path) -> None:
    page = shown(browser, tmp_path, many(2, 300))
    choose(page, "show", "all")
    choose(page, "host", "web-0")
    assert len(column(page, 0)) == 200
    rows = "document.querySelectorAll('#table tbody tr').length"
    page.value(f"window.addEventListener('beforeprint', () => {{ window.printed = {rows} }})")
    printed = base64.b64decode(page.command("Page.printToPDF")["data"])
    assert printed.startswith(b"%PDF")
    assert page.value("window.printed") == 300
    page.emulate(media="print", prefers_color_scheme="dark")
    assert luminance(page.value("getComputedStyle(document.body).backgroundColor")) > 0.9
    assert page.value("[...document.querySelectorAll('#controls, #theme, #more')].every(one => !one.checkVisibility())")


def many(hosts: int, checks: int, **more: Any) -> model.Report:
    told = [
        {
            "name": f"check {number}",
            "kind": "http",
            "severity": "critical",
            "status": "pass",
            "reason": "",
            "seconds": number / 1000,
            "runbook": "",
            "seen": {"latency": number},
            **more,
        }
        for number in range(checks)
    ]
    results = {
        f"web-{number}": {"status": "passed", "summary": "passed", "failures": [], "warnings_seen": [], "checks": told}
        for number in range(hosts)
    }
    return model.build(validated({"name": "many", "hosts": results}))


def test_thousands_of_rows_are_made_as_they_are_wanted(browser: Browser, tmp_path: Path) -> None:
    page = shown(browser, tmp_path, many(500, 40))
    assert count(page) == "20000 of 20000 checks"
    assert len(column(page, 0)) == 200
    page.value("document.getElementById('more').scrollIntoView()")
    wait_for("more rows", lambda: len(column(page, 0)) >= 400)
    choose(page, "find", "web-499 check")
    assert count(page) == "40 of 20000 checks"
    assert not page.value("document.getElementById('more').checkVisibility()")


def test_hostile_data_does_nothing(browser: Browser, tmp_path: Path) -> None:
    report = many(
        1, 3, name=EVIL, kind=EVIL, reason=f"{EVIL}\x1b[31m\u202e", status="fail", runbook="javascript:harmed=1"
    )
    page = shown(browser, tmp_path, {**report, "title": EVIL, "sections": sample()["sections"]})
    assert page.value("window.harmed") is None
    assert column(page, 3) == [EVIL] * 3
    assert page.value("document.querySelectorAll('img, #table a').length") == 0
    assert page.value("document.title").startswith(EVIL)


def test_a_report_without_checks_has_no_table(browser: Browser, tmp_path: Path) -> None:
    report = model.build(
        validated({"name": "week", "status": "passed", "sections": [{"title": "Notes", "text": "none"}]})
    )
    page = shown(browser, tmp_path, report)
    assert page.value("document.querySelectorAll('table').length") == 0
    assert "Notes" in page.value("document.body.innerText")


def test_a_picture_of_it_can_be_taken(tmp_path: Path) -> None:
    for path in pictures(tmp_path):
        data = path.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert 20_000 < len(data) < 200_000
        assert zlib.crc32(data[12:29]) == int.from_bytes(data[29:33], "big")
