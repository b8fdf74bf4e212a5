# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-in for what a kubelet does with containers: the command of a pod of IMAGE runs as a process of this machine.

It is started, asked whether it is ready where it has a probe by HTTP, started again when it ends by itself, and
stopped with the time that the pod grants. There is no image, no isolation and no network of its own: its ports are
this machine's, its name is in HOSTNAME. A pod has one container.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from .http_ready import status_of
from .ports import HOST

IMAGE = "day2-lab/process"
_POLL_SECONDS = 0.1
_BACK_OFF_SECONDS = 1.0

Tell = Callable[[Any, bool, int], None]


def is_process(pod: Any) -> bool:
    """Tell whether the pod's command is to run."""
    return bool(pod.spec.containers[0].image.rpartition(":")[0] == IMAGE)


class PodProcesses:
    """The processes of all pods, by the pods' uids.

    tell: is given a pod, whether it is ready, and how often it was started again, whenever that changes.
    gone: is given a pod whose process was stopped.
    """

    def __init__(self, tell: Tell, gone: Callable[[Any], None]) -> None:
        self._tell = tell
        self._gone = gone
        self._running: dict[str, _PodProcess] = {}

    def start(self, pod: Any) -> None:
        """Have it run; nothing to do when it does."""
        if pod.metadata.uid not in self._running:
            self._running[pod.metadata.uid] = _PodProcess(pod, self._tell, self._gone)
            self._running[pod.metadata.uid].start()

    def stop(self, pod: Any) -> None:
        """Have it stop, as fast as the pod's removal asks for; the last word holds."""
        running = self._running.get(pod.metadata.uid)
        if running is None:
            self._gone(pod)  # of an earlier start of the nodes, or never started
        else:
            running.end(pod.metadata.deletion_grace_period_seconds or 0)

    def end_all(self) -> None:
        """Ask all to end, and do not wait for it."""
        for running in self._running.values():
            running.leave()


class _PodProcess(threading.Thread):
    """One pod's process, from its start to its end."""

    def __init__(self, pod: Any, tell: Tell, gone: Callable[[Any], None]) -> None:
        super().__init__(daemon=True)
        self._pod = pod
        self._tell = tell
        self._gone = gone
        self._container = pod.spec.containers[0]
        self._ending = threading.Event()
        self._grace = 0.0
        self._child: subprocess.Popen[bytes] | None = None

    def end(self, grace: float) -> None:
        """Ask it to end; killed after the seconds."""
        self._grace = grace
        self._ending.set()

    def leave(self) -> None:
        """Ask it to end, by somebody who does not wait for it."""
        self._ending.set()
        if self._child is not None:
            self._child.terminate()

    def run(self) -> None:
        """Keep it running until it is to end."""
        restarts = 0
        while not self._ending.is_set():
            self._child = self._launch()
            self._tell(self._pod, False, restarts)
            self._watch(self._child, restarts)
            if not self._ending.is_set():
                restarts += 1
                self._ending.wait(_BACK_OFF_SECONDS)
        self._gone(self._pod)

    def _watch(self, child: subprocess.Popen[bytes], restarts: int) -> None:
        """Return when it has ended, by itself or as it was told."""
        was_ready = False
        while child.poll() is None:
            if self._ending.wait(_POLL_SECONDS):
                self._stop(child)
                return
            ready = self._is_ready()
            if ready != was_ready:
                self._tell(self._pod, ready, restarts)
                was_ready = ready

    def _stop(self, child: subprocess.Popen[bytes]) -> None:
        child.terminate()
        try:
            child.wait(self._grace)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _is_ready(self) -> bool:
        probe = self._container.readiness_probe
        if probe is None or probe.http_get is None:
            return True
        with contextlib.suppress(OSError):
            return status_of(f"http://{HOST}:{probe.http_get.port}{probe.http_get.path}") == 200
        return False

    def _launch(self) -> subprocess.Popen[bytes]:
        given = {one.name: one.value for one in self._container.env or [] if one.value is not None}
        argv = [*(self._container.command or []), *(self._container.args or [])]
        environment = {**os.environ, **given, "HOSTNAME": self._pod.metadata.name}
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, env=environment)
