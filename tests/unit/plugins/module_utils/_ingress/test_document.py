# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kind document: entries of files, and resources of a played service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._ingress.document_entries import held, replaced
from ansible_collections.day2.ops.plugins.module_utils._ingress.written_since import is_ours

from .played import Answer, Asked, Played, turn

CONFIG = b'{ "chains": {"a": {"links": [1]}},\n  "port": 8000 }'


class Config:
    """A service that reads a document: who comes in depends on its entry ``chains``."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self.content: bytes | None = CONFIG
        self.kind = "application/json; charset=utf-8"
        self.path: Path | None = None
        self.obeys = True
        self.writes_anew = False
        self.adds: dict[str, Any] = {}
        self.strips = False
        self.up = True
        played.reply = self.reply

    def reply(self, asked: Asked) -> Answer:
        if asked.path == "/clients":
            return (200 if self.up and self.lets_in() else 503), b""
        if asked.headers.get("x-token") != "s3cret":
            return 401, b""
        if asked.method == "GET":
            return (404, b"") if self.content is None else (200, self.content, self.kind)
        if self.obeys:
            self.content = None if asked.method == "DELETE" else asked.body
            self.kind = asked.headers.get("content-type", "")
            if self.content is not None:
                self.content = self.written(self.content)
        return 204, b""

    def written(self, content: bytes) -> bytes:
        """Return what becomes of a document that is put."""
        if self.strips:
            return content.strip()
        if self.adds or self.writes_anew:
            return json.dumps({**json.loads(content), **self.adds}, sort_keys=True).encode()
        return content

    def lets_in(self) -> bool:
        text = self.content
        if self.path is not None:
            text = self.path.read_bytes() if self.path.exists() else None
        return text is None or (b"shut" not in text and b'"chains": {}' not in text and b"chains: {}" not in text)

    def puts(self) -> int:
        return sum(asked.method != "GET" for asked in self.played.seen)


@pytest.fixture
def config(played: Played) -> Config:
    return Config(played)


def by_http(config: Config, state_dir: Path, **more: Any) -> dict[str, Any]:
    return {
        "kind": "document",
        "store": "http",
        "url": f"{config.played.url}/config",
        "token": "s3cret",
        "token_header": "X-Token",
        "closed_entries": {"chains": {}},
        "state_dir": str(state_dir / "kept"),
        "outside": {"url": f"{config.played.url}/clients", "open_status": [200]},
        **more,
    }


def test_a_resource_is_another_and_put_back_to_the_byte(config: Config, tmp_path: Path) -> None:
    given = by_http(config, tmp_path)
    planned = turn(given, "closed", check_mode=True)
    assert (planned.changed, config.puts(), list(tmp_path.iterdir())) == (True, 0, [])
    assert turn(given, "closed").changed
    assert json.loads(config.content or b"") == {"chains": {}, "port": 8000}
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.parent.stat().st_mode & 0o777 == 0o700
    assert "s3cret" not in kept.read_text(encoding="utf-8")
    assert not turn(given, "closed").changed
    assert turn(given, "open").changed
    assert (config.content, config.kind) == (CONFIG, "application/json; charset=utf-8")
    assert not turn(given, "open").changed and not kept.exists()
    assert ("/clients", None) in {(asked.path, asked.headers.get("x-token")) for asked in config.played.seen}
    assert ("/clients", "s3cret") not in {(asked.path, asked.headers.get("x-token")) for asked in config.played.seen}


def test_a_resource_that_is_not_there_is_gone_again(config: Config, tmp_path: Path) -> None:
    config.content = None
    for closed in (
        {"closed_content": "shut"},
        {"closed_content": {"state": "shut"}},
        {"closed_entries": {"x": "shut"}},
    ):
        given = {name: value for name, value in by_http(config, tmp_path).items() if name != "closed_entries"}
        given.update(closed)
        assert turn(given, "closed").changed and not turn(given, "closed").changed
        assert turn(given, "open").changed and config.content is None


def test_a_service_that_writes_json_its_own_way(config: Config, tmp_path: Path) -> None:
    config.writes_anew = True
    given = by_http(config, tmp_path)
    turn(given, "closed")
    turn(given, "open")
    assert json.loads(config.content or b"") == json.loads(CONFIG)


def test_who_died_half_way_is_gone_on_with(config: Config, tmp_path: Path) -> None:
    given = by_http(config, tmp_path)
    turn(given, "closed")
    config.content = CONFIG  # noted, and not put; or put back, and the note not removed
    assert turn(given, "open", check_mode=True).data["before"] == "half-way"
    assert turn(given, "open").changed and config.content == CONFIG
    assert not list((tmp_path / "kept").iterdir())
    turn(given, "closed")
    config.content = b'{"chains": {"b": {}}}'  # whoever wrote this knows better
    assert turn(given, "open").changed and config.content == b'{"chains": {"b": {}}}'


def by_content(config: Config, state_dir: Path, content: Any, **more: Any) -> dict[str, Any]:
    given = {**by_http(config, state_dir, **more), "closed_content": content}
    return {name: value for name, value in given.items() if name != "closed_entries"}


def test_a_service_that_adds_to_a_document(config: Config, tmp_path: Path) -> None:
    config.adds = {"revision": 2}
    given = by_content(config, tmp_path, {"state": "shut"})
    assert turn(given, "closed").changed and not turn(given, "closed").changed
    config.content = b'{"state": "shut", "revision": 2, "seen": 1}'
    (kept,) = (tmp_path / "kept").iterdir()
    config.up = False
    with pytest.raises(OpsError, match=rf"clients meet: closed; .* before is kept in {kept}$"):
        turn(given, "open")
    assert json.loads(config.content or b"") == {**json.loads(CONFIG), "revision": 2}
    config.up = True
    assert turn(given, "open").data["before"] == "half-way" and not kept.exists()


def test_a_content_that_is_edited_while_it_is_closed(config: Config, tmp_path: Path) -> None:
    turn(by_content(config, tmp_path, {"state": "shut"}), "closed")
    edited = by_content(config, tmp_path, {"state": "shut", "until": "noon"})
    assert not turn(edited, "closed").changed and turn(edited, "open").changed
    assert config.content == CONFIG
    # what keeps nobody out is written anew, and what was is still known
    with pytest.raises(OpsError, match="clients meet: open"):
        turn(by_content(config, tmp_path, {"state": "shtu"}), "closed")
    turn(edited, "closed")
    turn(by_content(config, tmp_path, "shut"), "open")
    assert config.content == CONFIG and not list((tmp_path / "kept").iterdir())


def test_a_document_that_nobody_would_know_for_closed_is_put_back_at_once(config: Config, tmp_path: Path) -> None:
    config.strips = True
    with pytest.raises(OpsError, match="was closed, as the service says, and reads otherwise"):
        turn(by_content(config, tmp_path, "shut "), "closed")
    assert config.content == CONFIG and not list((tmp_path / "kept").iterdir())


def test_what_was_is_let_go_only_where_clients_come_in(config: Config, tmp_path: Path) -> None:
    given = by_http(config, tmp_path)
    turn(given, "closed")
    (kept,) = (tmp_path / "kept").iterdir()
    noted = kept.read_bytes()
    config.content = b'{"state": "shut"}'
    with pytest.raises(OpsError, match="before is kept in"):
        turn(given, "open")
    with pytest.raises(OpsError, match=rf"clients meet: closed: .*; what it held before is kept in {kept}; remove"):
        turn(given, "closed")
    assert kept.read_bytes() == noted and config.content == b'{"state": "shut"}'
    config.content = b'{"chains": {"b": {}}}'
    turn(given, "closed")
    turn(given, "open")
    assert config.content == b'{"chains": {"b": {}}}' and not kept.exists()


def test_what_goes_wrong_with_a_resource(config: Config, tmp_path: Path) -> None:
    given = by_http(config, tmp_path)
    config.content = b'{"chains": {}}'
    assert not turn(given, "closed").changed
    with pytest.raises(OpsError, match="closed by somebody else: what the document held before is not known"):
        turn(given, "open")
    config.content, config.obeys = CONFIG, False
    with pytest.raises(OpsError, match="was closed, as the service says, and reads otherwise"):
        turn(given, "closed")
    with pytest.raises(OpsError, match=r"cannot put the document: status 204: .* expected 200"):
        turn({**given, "status": [200]}, "closed")
    with pytest.raises(OpsError, match="cannot get the document: status 401") as told:
        turn({**given, "token": "wr0ng"}, "closed")
    assert "wr0ng" not in str(told.value)
    for wrong, words in (
        ({"closed_content": "x"}, "mutually exclusive: closed_content|closed_entries"),
        ({"closed_entries": None}, "one of the following is required: closed_content, closed_entries"),
        ({"closed_entries": {}}, "closed_entries is empty"),
        ({"closed_entries": {"port.number": 1}}, "the document has no place for 'port.number'"),
        ({"store": "sky"}, "unknown store 'sky'; known are file, http, redis"),
        ({"colour": 1}, "unknown option colour"),
        ({"state_dir": "/proc/day2"}, "cannot make the folder"),
    ):
        with pytest.raises(OpsError) as refused:
            turn({name: value for name, value in {**given, **wrong}.items() if value is not None}, "closed")
        assert words in str(refused.value)


def by_file(config: Config, path: Path, **more: Any) -> dict[str, Any]:
    config.path = path
    outside = {"url": f"{config.played.url}/clients", "open_status": [200]}
    return {
        "kind": "document",
        "store": "file",
        "path": str(path),
        "closed_entries": {"chains": {}},
        "outside": outside,
        **more,
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.json", CONFIG.decode()),
        ("config.yml", "# of the owner\nchains:\n  a: {links: [1]}\nport: 8000  # fixed\n"),
    ],
)
def test_an_entry_of_a_file(config: Config, tmp_path: Path, name: str, text: str) -> None:
    if name.endswith("yml"):
        pytest.importorskip("yaml")
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o640)
    done = tmp_path / "reloaded"
    given = by_file(config, path, reload=["touch", str(done)])
    assert turn(given, "closed", check_mode=True).changed and path.read_text(encoding="utf-8") == text
    assert turn(given, "closed").changed and done.exists()
    assert not turn(given, "closed").changed
    assert path.stat().st_mode & 0o777 == 0o640
    assert turn(given, "open").changed
    assert path.read_text(encoding="utf-8") == text and path.stat().st_mode & 0o777 == 0o640
    assert not turn(given, "open").changed
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([name, "reloaded"])


def test_a_file_that_is_not_there_is_gone_again(config: Config, tmp_path: Path) -> None:
    given = by_file(config, tmp_path / "config.json", closed_entries={"a.b": ["shut"]})
    assert turn(given, "closed").changed
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8")) == {"a": {"b": ["shut"]}}
    assert turn(given, "open").changed and not list(tmp_path.iterdir())


def test_what_goes_wrong_with_a_file(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(CONFIG)
    given = by_file(config, path)
    with pytest.raises(OpsError, match="ended with status 1"):
        turn({**given, "check": ["false"]}, "closed")
    assert path.read_bytes() == CONFIG and [path] == list(tmp_path.iterdir())
    path.write_text("{", encoding="utf-8")
    with pytest.raises(OpsError, match="the file is not JSON"):
        turn(given, "closed")
    with pytest.raises(OpsError, match="the file is not YAML"):
        turn({**given, "format": "yaml"}, "closed")
    with pytest.raises(InputError, match=r"format is needed: .*config; expected json or yaml"):
        (tmp_path / "config").write_text("{}", encoding="utf-8")
        turn(by_file(config, tmp_path / "config"), "closed")
    with pytest.raises(InputError, match="closed_entries is empty"):
        turn({**given, "closed_entries": {}}, "closed")
    with pytest.raises(NotThere, match="no such folder"):
        turn(by_file(config, tmp_path / "none" / "config.json"), "closed")
    path.write_text('{"chains": {}}', encoding="utf-8")
    with pytest.raises(OpsError, match="closed by somebody else"):
        turn(by_file(config, path), "open")


def test_a_service_of_a_file_that_is_not_up_yet_is_asked_again(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(CONFIG)
    given = by_file(config, path)
    turn(given, "closed")
    config.up = False
    for _again in range(2):
        with pytest.raises(OpsError, match=r"clients meet: closed; .* before is kept in "):
            turn(given, "open")
        assert path.read_bytes() == CONFIG
    config.up = True
    turn(given, "open")
    assert path.read_bytes() == CONFIG and list(tmp_path.iterdir()) == [path]


def test_what_somebody_wrote_into_a_file_meanwhile_stays(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(CONFIG)
    given = by_file(config, path)
    turn(given, "closed")
    path.write_bytes(b'{"chains": {"b": {}}}')
    config.up = False
    with pytest.raises(OpsError, match="before is kept in "):
        turn(given, "open")
    config.up = True
    assert turn(given, "open").data["before"] == "half-way"
    assert path.read_bytes() == b'{"chains": {"b": {}}}' and list(tmp_path.iterdir()) == [path]


def test_entries_that_are_edited_while_it_is_closed(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(CONFIG)
    turn(by_file(config, path), "closed")
    edited = by_file(config, path, closed_entries={"state": "shut"})
    assert not turn(edited, "closed").changed and turn(edited, "open").changed
    assert path.read_bytes() == CONFIG and list(tmp_path.iterdir()) == [path]


def test_an_aside_of_an_earlier_time_is_not_put_back(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(CONFIG)
    given = by_file(config, path)
    turn(given, "closed")
    path.unlink()  # somebody took it away in the window
    turn(given, "open")
    turn(given, "closed")
    turn(given, "open")
    assert not path.exists()


@pytest.mark.parametrize(
    ("now", "put", "before", "ours"),
    [
        ({"a": 1}, {"a": 1}, {"a": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 2}, True),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, None, True),
        ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "c": 3}, False),  # its entries tell nothing
        ({"a": {"b": 1}}, {"a": {}}, None, False),
        ({"a": 1}, {}, None, False),
        ({"a": 2}, {"a": 1}, None, False),
        (None, {"a": 1}, None, False),
        ("shut!", "shut", None, False),
    ],
)
def test_a_document_that_was_put_is_known_again(now: Any, put: Any, before: Any, ours: bool) -> None:
    assert is_ours(now, put, before) is ours


def test_entries() -> None:
    document = {"a": {"b": [{"c": 1}]}, "d": None}
    entries = {"a.b[0].c": 2, "d": {"x": []}, "e.f": True}
    changed = replaced(document, entries, "it")
    assert changed == {"a": {"b": [{"c": 2}]}, "d": {"x": []}, "e": {"f": True}}
    assert held(changed, entries) and not held(document, entries)
    assert document == {"a": {"b": [{"c": 1}]}, "d": None}
    for path in ("a.b[3].c", "d.x", "a.*", "", "a.b.c", "g[0]"):
        with pytest.raises(InputError):
            replaced(document, {path: 1}, "it")
