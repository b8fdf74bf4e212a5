# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-in for the machines of a cluster: says of nodes that they are ready, and of pods that they run.

    python -m ...lab.nodes KUBECONFIG NODE...

A pod on one of the nodes runs and is ready at once, one of a Job has done its work at once, and one that is
deleted is gone at once. A tag of its image may ask for another fate: see FATES. A pod of a certain image is a
process: see pod_processes.py.
"""

from __future__ import annotations

import contextlib
import datetime
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import kubernetes
import kubernetes.watch
from kubernetes.client import ApiException

from .pod_processes import PodProcesses, is_process

Status = dict[str, Any]
# Its annotations know no dictionaries, and parts of it have none.
_kubernetes: Any = kubernetes
_WATCH_SECONDS = 300


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _runs(_container: Any) -> Status:
    return {"ready": True, "started": True, "restartCount": 0, "state": {"running": {"startedAt": _now()}}}


def _has_no_image(container: Any) -> Status:
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{container.image}"'}
    return {"ready": False, "started": False, "restartCount": 0, "state": {"waiting": waiting}}


def _crashes(_container: Any) -> Status:
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}
    ended = {"exitCode": 137, "reason": "OOMKilled", "startedAt": _now(), "finishedAt": _now()}
    last = {"terminated": ended}
    return {"ready": False, "started": False, "restartCount": 5, "state": {"waiting": waiting}, "lastState": last}


def _is_not_ready(container: Any) -> Status:
    return {**_runs(container), "ready": False}


def _has_done(_container: Any) -> Status:
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": _now(), "finishedAt": _now()}
    return {"ready": False, "started": False, "restartCount": 0, "state": {"terminated": ended}}


# By the tag of the image: the phase of the pod, and what is said of the container.
FATES: dict[str, tuple[str, Callable[[Any], Status]]] = {
    "bad": ("Pending", _has_no_image),
    "crash": ("Running", _crashes),
    "unready": ("Running", _is_not_ready),
}


def fate(pod: Any) -> tuple[str, Callable[[Any], Status]]:
    """Return the phase of the pod, and what tells the state of each of its containers."""
    tags = [container.image.rpartition(":")[2] for container in pod.spec.containers]
    asked = [FATES[tag] for tag in tags if tag in FATES]
    if asked:
        return asked[0]
    job = any(owner.kind == "Job" for owner in pod.metadata.owner_references or [])
    return ("Succeeded", _has_done) if job else ("Running", _runs)


def pod_status(pod: Any, phase: str, tell: Callable[[Any], Status]) -> Status:
    """Return the status that a machine would report of the pod.

    phase, tell: as of its fate.
    """
    containers = [
        {"name": container.name, "image": container.image, "imageID": "", **tell(container)}
        for container in pod.spec.containers
    ]
    ready = all(container["ready"] for container in containers)
    holds = {"PodScheduled": True, "Initialized": True, "ContainersReady": ready, "Ready": ready}
    return {
        "phase": phase,
        "startTime": _now(),
        "podIP": "10.0.0.9",
        "hostIP": "127.0.0.1",
        "conditions": [_condition(name, value) for name, value in holds.items()],
        "containerStatuses": containers,
    }


def _condition(name: str, holds: bool) -> Status:
    return {"type": name, "status": str(holds), "lastTransitionTime": _now(), "lastHeartbeatTime": _now()}


class Nodes:
    """Some nodes of the cluster that the client speaks to."""

    def __init__(self, api: Any, names: list[str]) -> None:
        self._api = api
        self._names = names
        self.processes = PodProcesses(self._tell_of, self._remove)

    def join(self) -> None:
        """Make the nodes, where they are not there, and say that they are ready."""
        size = {"cpu": "32", "memory": "256Gi", "pods": "110"}
        ready = [{**_condition("Ready", True), "reason": "StandIn", "message": ""}]
        for name in self._names:
            with contextlib.suppress(ApiException):  # it is there since an earlier start
                self._api.create_node({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}})
            self._api.patch_node_status(name, {"status": {"conditions": ready, "capacity": size, "allocatable": size}})

    def follow(self) -> None:
        """Take care of all pods of the nodes, until the server ends the watch."""
        pods = self._api.list_pod_for_all_namespaces()
        for pod in pods.items:
            self._care_for(pod)
        since = {"resource_version": pods.metadata.resource_version, "timeout_seconds": _WATCH_SECONDS}
        for event in _kubernetes.watch.Watch().stream(self._api.list_pod_for_all_namespaces, **since):
            if event["type"] in {"ADDED", "MODIFIED"}:
                self._care_for(event["object"])
            elif is_process(event["object"]):  # removed without waiting for it
                self.processes.stop(event["object"])

    def _care_for(self, pod: Any) -> None:
        if pod.spec.node_name not in self._names:
            return
        if pod.metadata.deletion_timestamp:
            (self.processes.stop if is_process(pod) else self._remove)(pod)
        elif pod.status.phase == "Pending" and not pod.status.start_time:
            if is_process(pod):
                self.processes.start(pod)
            else:
                self._say(pod, *fate(pod))

    def _tell_of(self, pod: Any, ready: bool, restarts: int) -> None:
        """Tell of a pod that is a process."""
        self._say(pod, "Running", lambda container: {**_runs(container), "ready": ready, "restartCount": restarts})

    def _say(self, pod: Any, phase: str, tell: Callable[[Any], Status]) -> None:
        status = pod_status(pod, phase, tell)
        with contextlib.suppress(ApiException):  # it was removed just now
            self._api.patch_namespaced_pod_status(pod.metadata.name, pod.metadata.namespace, {"status": status})

    def _remove(self, pod: Any) -> None:
        with contextlib.suppress(ApiException):  # somebody may be faster
            self._remove_now(pod)

    def _remove_now(self, pod: Any) -> None:
        only_this = _kubernetes.client.V1Preconditions(uid=pod.metadata.uid)
        now = _kubernetes.client.V1DeleteOptions(grace_period_seconds=0, preconditions=only_this)
        self._api.delete_namespaced_pod(pod.metadata.name, pod.metadata.namespace, body=now)


def main() -> None:
    """Follow the cluster until a signal ends it; an error of the API's connection ends only one turn."""
    _kubernetes.config.load_kube_config(sys.argv[1])
    nodes = Nodes(_kubernetes.client.CoreV1Api(), sys.argv[2:])

    def end(_number: int, _frame: FrameType | None) -> None:
        nodes.processes.end_all()
        sys.exit()

    signal.signal(signal.SIGTERM, end)
    nodes.join()
    while True:
        try:
            nodes.follow()
        except Exception as error:  # whatever the client raises while the API is away: the next turn tries again
            print(f"watching pods: {type(error).__name__}: {error}", flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    main()
