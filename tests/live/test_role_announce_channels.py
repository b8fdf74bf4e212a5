# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each channel of an announcement: servers that take it, servers that do not, and servers that hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._announce.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab.certificates import make_all
from ansible_collections.day2.ops.tests.live.announce_servers import (
    GRAFANA_TOKEN,
    Grafana,
    StatusPage,
    Webhook,
    dripping,
    hanging,
    mail_server,
    mail_to,
    over_tls,
    status_page,
)
from ansible_collections.day2.ops.tests.live.answering import Answer, answering, as_json

NOBODY = "http://127.0.0.1:9"
WINDOW = {"service": "shop", "window": "20260301T040000Z-1f3a", "began_ms": 1772337600000}


def announce(check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """Return who was told, and so on."""
    given = {"text": "Maintenance of shop begins", "values": WINDOW, **options}
    result = operate(SPEC.validate(given, "arguments"), check_mode)
    assert not result.failed
    return result.data


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_all(folder)
    return folder


@pytest.fixture
def webhook() -> Iterator[tuple[Webhook, str]]:
    reply = Webhook()
    with answering(reply) as url:
        yield reply, f"{url}/hook/t0ken"


@pytest.fixture
def grafana() -> Iterator[tuple[Grafana, dict[str, Any]]]:
    reply = Grafana()
    with answering(reply) as url:
        yield reply, {"grafana": {"url": f"{url}/", "token": GRAFANA_TOKEN, "tags": ["shop"]}}


@pytest.fixture
def page() -> Iterator[tuple[StatusPage, dict[str, Any]]]:
    reply = StatusPage()
    with answering(reply) as url:
        yield reply, status_page(url)


def test_a_region_begins_and_ends(grafana: tuple[Grafana, dict[str, Any]]) -> None:
    there, to = grafana
    begun = announce(event="begin", to=to)
    assert (begun["told"], begun["not_told"]) == (["Grafana"], [])
    (number,) = there.annotations
    assert begun["kept"]["Grafana"]["id"] == number
    assert "timeEnd" not in there.annotations[number]
    assert there.annotations[number]["tags"] == ["day2", "shop", f"window:{WINDOW['window']}"]
    ended = announce(event="failed", text="Maintenance of shop ended: no", to=to, kept=begun["kept"])
    assert (ended["told"], ended["kept"]) == (["Grafana"], {})
    (region,) = there.annotations.values()
    assert region["text"] == "Maintenance of shop begins\nMaintenance of shop ended: no"
    assert region["timeEnd"] >= region["time"]


def test_a_region_whose_id_was_lost_is_found_by_the_window(grafana: tuple[Grafana, dict[str, Any]]) -> None:
    there, to = grafana
    announce(event="begin", to=to)
    announce(event="begin", to=to, values={**WINDOW, "window": "another"})
    announce(event="end", to=to)
    assert [sorted({"timeEnd"} & set(one)) for one in there.annotations.values()] == [["timeEnd"], []]


@pytest.mark.parametrize("kept", [{}, {"Grafana": {"id": 7, "time": WINDOW["began_ms"]}}])
def test_a_region_that_is_not_there_is_made_as_a_whole(
    grafana: tuple[Grafana, dict[str, Any]], kept: dict[str, Any]
) -> None:
    there, to = grafana
    values = {**WINDOW, "began_ms": str(WINDOW["began_ms"])}
    assert announce(event="end", to=to, kept=kept, values=values)["told"] == ["Grafana"]
    (region,) = there.annotations.values()
    assert region["time"] == WINDOW["began_ms"] < region["timeEnd"]


def test_a_window_that_is_not_over_ends_nothing(
    grafana: tuple[Grafana, dict[str, Any]], page: tuple[StatusPage, dict[str, Any]]
) -> None:
    (there, to), (incidents, how) = grafana, page
    to = {**to, "status_pages": [how]}
    begun = announce(event="begin", to=to)
    still = announce(event="failed", over=False, to=to, kept=begun["kept"])
    assert still["told"] == ["Grafana"]
    assert [one.get("timeEnd") for one in there.annotations.values()] == [None, None]
    assert [one["status"] for one in incidents.incidents.values()] == ["in_progress"]


def test_an_incident_is_opened_and_resolved(page: tuple[StatusPage, dict[str, Any]]) -> None:
    there, how = page
    begun = announce(event="begin", to={"status_pages": [how]})
    assert begun["kept"] == {"page of the shop": {"id": "p31z0"}}
    (incident,) = there.incidents.values()
    assert (incident["name"], incident["status"]) == ("Maintenance of shop", "in_progress")
    assert isinstance(incident["at"], int)
    ended = announce(event="aborted", text="aborted", to={"status_pages": [how]}, kept=begun["kept"])
    assert ended["not_told"] == []
    assert (incident["status"], incident["body"]) == ("completed", "aborted")


def test_an_incident_goes_on_until_it_is_over(
    grafana: tuple[Grafana, dict[str, Any]], page: tuple[StatusPage, dict[str, Any]]
) -> None:
    (there, to), (incidents, how) = grafana, page
    how = {**how, "incident": how["begin"]}
    how["update"] = {**how["end"], "body": {"incident": {"status": "identified", "body": "{text}"}}}
    to = {**to, "status_pages": [how]}
    kept: dict[str, Any] = {}
    for text, over in (("down", False), ("at it", False), ("up", True)):
        told = announce(event="incident", text=text, over=over, to=to, kept=kept)
        assert (told["told"], told["not_told"]) == (["Grafana", "page of the shop"], [])
        kept = {**kept, **told["kept"]}
        (incident,) = incidents.incidents.values()
        assert incident["body"] == text
    assert incident["status"] == "completed"
    (region,) = there.annotations.values()
    assert region["text"] == "down\nat it\nup"
    assert "timeEnd" in region


def test_an_incident_of_which_nothing_is_known_is_told_of(page: tuple[StatusPage, dict[str, Any]]) -> None:
    _there, how = page
    told = announce(event="end", to={"status_pages": [how]})
    assert told["not_told"] == ["page of the shop (nothing is open there that is known of; look there by hand)"]


def test_an_answer_without_an_id(page: tuple[StatusPage, dict[str, Any]]) -> None:
    _there, how = page
    how["begin"]["id_path"] = "data.id"
    told = announce(event="begin", to={"status_pages": [how]})
    assert told["told"] == ["page of the shop"]
    assert told["problems"] == [
        "page of the shop: its answer has no id at data.id: what was opened there cannot be ended from here"
    ]


def test_an_id_stays_one_part_of_the_address() -> None:
    asked: list[str] = []

    def reply(request: Any) -> Answer:
        asked.append(request.path)
        return as_json({})

    with answering(reply) as url:
        how = {"name": "page", "end": {"url": f"{url}/a/{{id}}", "method": "put"}}
        announce(event="end", to={"status_pages": [how]}, kept={"page": {"id": "../b?c"}})
    assert asked == ["/a/..%2Fb%3Fc"]


def test_templates_and_blocks(webhook: tuple[Webhook, str]) -> None:
    there, url = webhook
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "*{service}*: {text}"}}
    to = {
        "webhook_url": url,
        "webhook": {"blocks": {"begin": [block]}},
        "templates": {"begin": "{service} down", "end": "{service} up"},
    }
    announce(event="begin", to=to)
    announce(event="end", to=to)
    announce(event="aborted", text="as ever", to=to)
    told = [{"type": "section", "text": {"type": "mrkdwn", "text": "*shop*: shop down"}}]
    assert there.documents == [{"text": "shop down", "blocks": told}, {"text": "shop up"}, {"text": "as ever"}]


def test_a_template_that_is_broken_gives_way_to_the_default(webhook: tuple[Webhook, str]) -> None:
    there, url = webhook
    to = {"webhook_url": url, "webhook": {"blocks": [{"text": "{servce}"}]}, "templates": {"begin": "{srvice} down"}}
    told = announce(event="begin", to=to)
    assert there.documents == [{"text": "Maintenance of shop begins"}]
    first, second = told["problems"]
    assert first.startswith("templates.begin: no such placeholder: {srvice}; known are at, began_ms, event, ")
    assert first.endswith("; the default text was told")
    assert second.startswith("webhook: webhook.blocks: no such placeholder: {servce}; known are ")
    assert second.endswith("; the text alone was told")


def test_mail_over_tls_that_is_verified(certificates: Path) -> None:
    with mail_server((certificates / "server.pem", certificates / "server.key")) as (letters, port):
        good = mail_to(port, ca_certs=str(certificates / "ca.pem"))
        assert announce(to={"mail": good}, text="Wörter\nmehr")["not_told"] == []
        assert announce(to={"mail": mail_to(port)})["not_told"] == [
            "mail (its certificate is not trusted: unable to get local issuer certificate)"
        ]
        assert announce(to={"mail": mail_to(port, validate_certs=False)})["not_told"] == []
        wrong = announce(to={"mail": {**good, "password": "wr0ng-of-the-mail"}})
        assert wrong["not_told"] == ["mail (the mail server refuses the login, status 535)"]
    assert [subject for subject, _text in letters.kept] == ["Wörter", "Maintenance of shop begins"]
    assert letters.kept[0][1].splitlines() == ["Wörter", "mehr"]


def test_mail_in_the_clear_has_to_be_allowed() -> None:
    with mail_server() as (letters, port):
        assert announce(to={"mail": mail_to(port)})["not_told"] == [
            "mail (the mail server does not offer what is wanted: STARTTLS extension not supported by server.)"
        ]
        assert letters.kept == []
        for secure in ("never", "try"):
            assert announce(to={"mail": mail_to(port, secure=secure)})["told"] == ["mail"]
    assert len(letters.kept) == 2


def test_who_does_not_listen_or_is_not_trusted(certificates: Path) -> None:
    with over_tls((certificates / "server.pem", certificates / "server.key")) as url:
        to = {"webhook_url": url, "grafana": {"url": NOBODY}, "mail": mail_to(9), "alertmanager_url": NOBODY}
        told = announce(to=to, alert={"labels": {"alertname": "A"}})
        assert told["not_told"] == [
            "webhook (its certificate is not trusted: unable to get local issuer certificate)",
            "mail (Connection refused)",
            "Alertmanager (Connection refused)",
            "Grafana (Connection refused)",
        ]
        trusted = {"webhook_url": url, "webhook": {"ca_certs": str(certificates / "ca.pem")}}
        assert announce(to=trusted)["told"] == ["webhook"]
        wrong = {"webhook_url": url, "webhook": {"ca_certs": str(certificates / "none.pem")}}
        assert announce(to=wrong)["not_told"][0].startswith("webhook (a file of certificates cannot be read: ")


@pytest.mark.parametrize("status", [401, 404, 500, 302])
def test_a_status_that_says_no(webhook: tuple[Webhook, str], status: int) -> None:
    there, url = webhook
    there.status = status
    told = announce(to={"webhook_url": url})
    assert (told["told"], told["not_told"]) == ([], [f"webhook (status {status})"])


def test_who_hangs_keeps_none_from_the_others(webhook: tuple[Webhook, str]) -> None:
    there, url = webhook
    with hanging() as silent, dripping() as endless:
        to = {
            "timeout": 3,
            "webhook_url": url,
            "mail": mail_to(silent),
            "grafana": {"url": f"http://127.0.0.1:{silent}"},
            "alertmanager_url": f"http://127.0.0.1:{endless}",
            "status_pages": [{"message": {"url": f"http://127.0.0.1:{endless}/"}}],
        }
        began = time.monotonic()
        told = announce(to=to, alert={"labels": {"alertname": "A"}})
        took = time.monotonic() - began
    assert told["told"] == ["webhook"]
    assert len(there.documents) == 1
    assert [line.partition(" (")[0] for line in told["not_told"]] == ["mail", "Alertmanager", "Grafana", "status page"]
    for line in told["not_told"]:
        assert "no answer within 3 s" in line or "gave no answer in time" in line
    assert took < 12  # not 3 s for each of four, let alone as long as the servers like


def test_check_mode_tells_nobody_and_says_what_is_wrong(webhook: tuple[Webhook, str]) -> None:
    there, url = webhook
    to = {
        "webhook_url": url,
        "slack": "x",
        "grafana": {"token": "x"},
        "mail": {"to": ["a@example.org"], "secure": "maybe"},
        "status_pages": [{"name": "a", "begin": {"url": "http://a/"}}, {"name": "a", "end": {"url": "http://a/"}}, {}],
        "templates": {"beginning": "x"},
        "timeout": "soon",
    }
    told = announce(check_mode=True, to=to)
    assert there.documents == []
    assert [line.partition(" (")[0] for line in told["wrong"]] == [
        *("slack", "mail", "Grafana", "a", "status page 3", "timeout", "templates")
    ]
    assert told["not_told"] == told["wrong"]
    assert "missing required arguments: url" in told["wrong"][2]


@pytest.mark.parametrize("url", ["hook", "http://", "http://a b/", "ftp://a/", "http://[::1"])
def test_an_address_that_is_none_is_not_shown(url: str) -> None:
    told = announce(to={"webhook_url": url})
    assert told["not_told"] == ["webhook (not a usable URL; expected http(s)://host[:port]/path)"]


def test_a_login_in_an_address() -> None:
    asked: list[dict[str, str]] = []

    def reply(request: Any) -> Answer:
        asked.append(request.headers)
        return as_json({})

    with answering(reply) as url:
        announce(to={"webhook_url": url.replace("://", "://me:s%20cret@")})
    assert asked[0]["Authorization"] == "Basic bWU6cyBjcmV0"
    assert "me:" not in asked[0]["Host"]
