# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Switches of an ingress that are a file of a real nginx, and programs of the host."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, NotThere, OpsError
from ansible_collections.day2.ops.plugins.module_utils._core.result import Result
from ansible_collections.day2.ops.plugins.module_utils._ingress import file
from ansible_collections.day2.ops.plugins.module_utils._ingress.operation import SPEC, operate
from ansible_collections.day2.ops.tests.lab import nginx
from ansible_collections.day2.ops.tests.lab.ports import HOST, free_ports
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

pytestmark = pytest.mark.skipif(bool(nginx.missing()), reason=nginx.missing() or "nginx is there")
CLOSED = "return 503 'back at noon';\n"
CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen {host}:{port}; location / {{ include {folder}/switch/*.conf; return 200 well; }} }}
}}
"""


class Proxy:
    """An nginx that reads a folder of files in front of its answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.url = f"http://{HOST}:{self.port}/"
        self.file = folder / "switch" / "maintenance.conf"
        self.file.parent.mkdir()
        config = folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, host=HOST, port=self.port), encoding="utf-8")
        self.argv = [nginx.program(), "-p", str(folder), "-e", "stderr", "-c", str(config)]

    def answer(self) -> int:
        return requests.get(self.url, timeout=5).status_code

    def answers(self) -> bool:
        try:
            return bool(self.answer())
        except requests.ConnectionError:
            return False

    def turn(self, state: str, check_mode: bool = False, timeout: float = 5, **more: Any) -> Result:
        """Do what the module does."""
        switch = {
            "kind": "file",
            "path": str(self.file),
            "closed_content": CLOSED,
            "check": [*self.argv, "-t", "-q"],
            "reload": [*self.argv, "-s", "reload"],
            "outside": {"url": self.url, "open_status": [200]},
            **more,
        }
        return operate(SPEC.validate({"state": state, "switch": switch, "timeout": timeout}, "test"), check_mode)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    made = Proxy(tmp_path)
    with subprocess.Popen(made.argv, stdin=subprocess.DEVNULL) as running:
        wait_for("nginx", made.answers)
        yield made
        running.terminate()


def test_a_file_closes_it_and_is_gone_again(proxy: Proxy) -> None:
    planned = proxy.turn("closed", check_mode=True)
    assert planned.changed and proxy.answer() == 200 and not list(proxy.file.parent.iterdir())
    assert proxy.turn("closed").changed
    assert proxy.answer() == 503
    assert not proxy.turn("closed").changed
    assert proxy.turn("open").changed
    assert proxy.answer() == 200 and not list(proxy.file.parent.iterdir())
    assert not proxy.turn("open").changed


def test_what_was_there_is_put_back_as_it_was(proxy: Proxy) -> None:
    proxy.file.write_text("# of the owner\n", encoding="utf-8")
    proxy.file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(proxy.file, 65534, 65534)
    before = proxy.file.stat()
    proxy.turn("closed")
    closed = proxy.file.stat()
    assert (closed.st_mode, closed.st_uid) == (before.st_mode, before.st_uid)
    proxy.turn("open")
    after = proxy.file.stat()
    assert proxy.file.read_text(encoding="utf-8") == "# of the owner\n"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert list(proxy.file.parent.iterdir()) == [proxy.file]


def test_a_file_that_the_proxy_refuses_is_taken_back(proxy: Proxy) -> None:
    with pytest.raises(OpsError, match="ended with status 1") as told:
        proxy.turn("closed", closed_content="retrun 503;\n")
    assert "retrun" in str(told.value)
    assert proxy.answer() == 200 and not proxy.file.exists()


def test_a_reload_that_did_not_happen_is_made_up_for(proxy: Proxy) -> None:
    proxy.file.write_text(CLOSED, encoding="utf-8")
    assert proxy.answer() == 200
    assert proxy.turn("closed").changed
    assert proxy.answer() == 503
    with pytest.raises(OpsError, match="closed by somebody else"):
        proxy.turn("open")
    proxy.file.with_name(".maintenance.conf.day2-open").write_text("", encoding="utf-8")
    assert proxy.turn("open").data["state"] == "open"


def test_a_reload_that_fails_leaves_it_open(proxy: Proxy) -> None:
    with pytest.raises(OpsError, match="ended with status 1"):
        proxy.turn("closed", reload=["false"])
    assert proxy.answer() == 200 and not proxy.file.exists()
    with pytest.raises(OpsError, match="clients meet: open"):
        proxy.turn("closed", timeout=0.5, reload=["true"])


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ({"path": "maintenance.conf"}, InputError, "not absolute"),
        ({"path": "/nowhere/at/all.conf"}, NotThere, "no such folder"),
        ({"reload": []}, InputError, "reload is empty"),
        ({"check": ["/nowhere/nginx"]}, NotThere, "cannot run the program"),
    ],
)
def test_what_is_wrong_is_told(proxy: Proxy, wrong: dict[str, Any], kind: type[OpsError], told: str) -> None:
    with pytest.raises(kind, match=told):
        proxy.turn("closed", **wrong)
    assert proxy.answer() == 200 and not list(proxy.file.parent.iterdir())


@pytest.mark.parametrize("linked", [True, False])
def test_a_site_of_a_folder_that_is_read_as_a_whole(tmp_path: Path, linked: bool) -> None:
    """``include sites-enabled/*`` takes in what is kept only if it can: two default servers would be refused."""
    folders = available, enabled = tmp_path / "sites-available", tmp_path / "sites-enabled"
    for folder in folders:
        folder.mkdir()
    config = tmp_path / "nginx.conf"
    includes = f"http {{ include {enabled}/*; }}"
    config.write_text(f"pid {tmp_path}/pid; events {{}}\n{includes}\n", encoding="utf-8")
    server = f"server {{{{ listen {HOST}:{free_ports(1)[0]} default_server; location / {{{{ return {{}}; }}}} }}}}\n"
    site = enabled / "shop"
    (available / "shop" if linked else site).write_text(server.format(200), encoding="utf-8")
    if linked:
        site.symlink_to("../sites-available/shop")
    check = [nginx.program(), "-p", str(tmp_path), "-e", "stderr", "-c", str(config), "-t", "-q"]
    switch = {"path": str(site), "closed_content": server.format(503), "check": check, "reload": ["true"]}
    options = file.SPEC.validate({**switch, "outside": {"url": "http://127.0.0.1:1/", "open_status": [200]}}, "test")
    file.turn(options, "closed")
    assert site.read_text(encoding="utf-8") == server.format(503) and site.is_symlink() == linked
    file.turn(options, "open")
    assert site.read_text(encoding="utf-8") == server.format(200) and site.is_symlink() == linked


def test_programs_turn_it(proxy: Proxy) -> None:
    """A program of the host reads and turns: here the file is its own affair."""
    reload = " ".join([*proxy.argv, "-s", "reload"])
    switch: dict[str, Any] = {
        "kind": "command",
        "is_closed": ["test", "-e", str(proxy.file)],
        "close": ["sh", "-c", f"echo 'return 503;' > {proxy.file}; {reload}"],
        "open": ["sh", "-c", f"rm {proxy.file}; {reload}"],
        "outside": {"url": proxy.url, "open_status": [200]},
    }

    def turn(state: str, **more: Any) -> Result:
        given = {"state": state, "switch": {**switch, **more}, "timeout": 5}
        return operate(SPEC.validate(given, "test"), False)

    assert turn("closed").changed and proxy.answer() == 503
    assert not turn("closed").changed
    assert turn("open").changed and proxy.answer() == 200
    with pytest.raises(OpsError, match="is_closed ended with status 2"):
        turn("closed", is_closed=["ls", "/nowhere"])
    with pytest.raises(InputError, match="close is empty"):
        turn("closed", close=[])
    with pytest.raises(NotThere, match="cannot run the program"):
        turn("closed", close=["/nowhere/close"])
    assert proxy.answer() == 200


def test_nobody_who_answers_may_mean_closed(proxy: Proxy) -> None:
    outside = {"url": "http://127.0.0.1:1/", "open_status": [200]}
    with pytest.raises(OpsError, match="no answer"):
        proxy.turn("closed", timeout=0.5, outside=outside)
    proxy.turn("open", outside={"url": proxy.url, "open_status": [200]})
    assert proxy.turn("closed", outside={**outside, "closed_unreachable": True}).data["state"] == "closed"
