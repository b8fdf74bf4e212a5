# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a window, driven by its own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import websocket
from ansible_collections.day2.ops.tests.lab.waiting import wait_for

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--remote-debugging-port=0",
)


def program() -> str | None:
    """Return the browser of this machine; None without one."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


class Browser:
    """One process of the browser with a profile of its own and one page.

    `console` has each message and error of the page, `requests` each address that it asked for.
    """

    def __init__(self) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        self._number = 0
        self._session = ""

    def __enter__(self) -> Self:
        found = program()
        assert found is not None
        self._profile = tempfile.TemporaryDirectory(prefix="day2-browser-", ignore_cleanup_errors=True)
        folder = Path(self._profile.name)
        self._process = subprocess.Popen(
            [found, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._connect(folder / "DevToolsActivePort")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def _connect(self, file: Path) -> None:
        wait_for("the browser's start", lambda: len(file.read_text(encoding="utf-8").splitlines()) == 2, SECONDS)
        port, path = file.read_text(encoding="utf-8").splitlines()
        self._socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}{path}", timeout=SECONDS, suppress_origin=True, http_no_proxy=["127.0.0.1"]
        )
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; events that come before it are noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == self._number:
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result
            self._note(told)

    def _note(self, event: dict[str, Any]) -> None:
        notes: dict[str, Callable[[dict[str, Any]], None]] = {
            "Runtime.consoleAPICalled": lambda told: self.console.append(json.dumps(told["args"])),
            "Runtime.exceptionThrown": lambda told: self.console.append(json.dumps(told["exceptionDetails"])),
            "Log.entryAdded": lambda told: self.console.append(told["entry"]["text"]),
            "Network.requestWillBeSent": lambda told: self.requests.append(told["request"]["url"]),
        }
        note = notes.get(event.get("method", ""))
        if note:
            note(event["params"])

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        loaded = f"location.href === {path.as_uri()!r} && document.readyState === 'complete'"
        self.command("Page.navigate", url=path.as_uri())
        wait_for("the page", lambda: bool(self.value(loaded)), SECONDS)

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression comes to in the page; a promise is awaited."""
        told = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def emulate(self, width: int = 1280, height: int = 900, media: str = "", **features: str) -> None:
        """Set the size of the window, the medium (print) and features of it such as prefers_color_scheme="dark"."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.command("Emulation.setEmulatedMedia", media=media, features=told)

    def key(self, key: str, code: str = "", text: str = "") -> None:
        """Press and release a key."""
        both = {"key": key, "code": code or key, "windowsVirtualKeyCode": {"Tab": 9, "Enter": 13, " ": 32}.get(key, 0)}
        self.command("Input.dispatchKeyEvent", type="keyDown", **both, **({"text": text} if text else {}))
        self.command("Input.dispatchKeyEvent", type="keyUp", **both)

    def type(self, text: str) -> None:
        """Type text where the focus is."""
        self.command("Input.insertText", text=text)

    def picture(self) -> bytes:
        """Return a picture of the window as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])
