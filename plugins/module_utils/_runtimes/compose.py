# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind compose: the services of a project of docker compose, version 2. Asks the programs that compose users have.

``docker compose config`` tells what the files come to, ``docker inspect`` what runs. Of their answers, which hold
environments and so passwords, only the fields below are ever kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._checks.docker_facts import IF_ANY, RUNNING, fault_of, limits_of
from .._core.argspec import ArgSpec
from .._core.command import run
from .._core.errors import AccessDenied, NotThere, OpsError, Unreachable, one_line
from .base import LIMITED, RENEWED, UPDATED, Ask, Part, State
from .compose_files import files_of
from .compose_images import Images, images_of

SPEC = ArgSpec(
    options={
        "project_dir": {"type": "path", "required": True},
        "project": {"type": "str"},
        "files": {"type": "list", "elements": "str", "default": []},
        "env_files": {"type": "list", "elements": "str", "default": []},
        "profiles": {"type": "list", "elements": "str", "default": []},
        "docker_host": {"type": "str"},
        "docker_cli": {"type": "path"},
        "overrides": {"type": "str", "default": "compose.day2.yml"},
    }
)
_SECONDS = 30.0
_ANSWER = 8 << 20  # bytes of an answer: a project of many services tells all of their environments
# Such a container is not at rest: the daemon starts it again, or its processes are there and stand still.
_RESTLESS = ("restarting", "paused")
_LEAST_MEMORY = 6 << 20  # the daemon takes no less
_PROJECT, _SERVICE, _ONE_OFF = (f"com.docker.compose.{name}" for name in ("project", "service", "oneoff"))
# Fields of ContainerInspect under the daemon's own names, in the template language of the program.
_FIELDS = {
    "Name": "json .Name",
    "Image": "json .Config.Image",
    "Id": "json .Image",
    "Status": "json .State.Status",
    "ExitCode": "json .State.ExitCode",
    "OOMKilled": "json .State.OOMKilled",
    "NanoCpus": "json .HostConfig.NanoCpus",
    "CpuQuota": "json .HostConfig.CpuQuota",
    "CpuPeriod": "json .HostConfig.CpuPeriod",
    "Memory": "json .HostConfig.Memory",
    "Service": f'json (index .Config.Labels "{_SERVICE}")',
    "OneOff": f'json (index .Config.Labels "{_ONE_OFF}")',
    "Health": 'with index .State "Health"}}{{json .Status}}{{else}}null{{end',  # not there without a health check
}
# What docker says -> our error and what to do about it.
_WORDS: tuple[tuple[str, type[OpsError], str], ...] = (
    ("permission denied", AccessDenied, "run with become, or as a member of the group docker"),
    ("Cannot connect to the Docker daemon", Unreachable, "see docker_host, and whether the daemon runs"),
    ("error during connect", Unreachable, "see docker_host"),
    ("'compose' is not a docker command", NotThere, "install the plugin compose of docker, version 2"),
    ("unknown flag", NotThere, "install the plugin compose of docker, version 2"),
    ("unknown shorthand flag", NotThere, "install the plugin compose of docker, version 2"),
)


class Compose:
    """See Runtime."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._folder: str = options["project_dir"]
        self._files = list(files_of(options))
        self._services: Mapping[str, Any] = {}
        self._seen: tuple[Mapping[str, Any], list[Mapping[str, Any]]] = ({}, [])

    def look(self, parts: Sequence[Part]) -> Mapping[str, State]:
        """See Runtime.look."""
        config = self.config()
        self._services = config.get("services") or {}
        for part in parts:
            if part.unit not in self._services:
                known = ", ".join(sorted(self._services)) or "none"
                raise NotThere(
                    f"{part.name}: no service {part.unit} in the project", on=self._folder, advice=f"it has {known}"
                )
        containers = list(self._containers(str(config.get("name") or "")))
        self._seen = config, containers
        return {
            part.name: _state(self._services[part.unit], [one for one in containers if one["Service"] == part.unit])
            for part in parts
        }

    def config(self) -> Mapping[str, Any]:
        """Return what the project's files come to, passwords and all. :raises OpsError: or one of its kinds."""
        text = self._ask([*self._compose(), "config", "--format", "json"])
        try:
            found: Mapping[str, Any] = json.loads(text)
        except ValueError as error:
            raise OpsError(
                "docker compose config is not understood", on=self._folder, advice="it may be too large"
            ) from error
        return found

    def _containers(self, project: str) -> Iterator[Mapping[str, Any]]:
        """Yield what is known of each container of the project, less what ``compose run`` has started."""
        yield from self.inspected(project, {})

    def inspected(self, project: str, fields: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """Yield fields of each container of a project, less what ``compose run`` has started.

        :param fields: by name what docker's template language makes JSON of, beside what this file needs itself.
        :raises OpsError: or one of its kinds.
        """
        label = f"label={_PROJECT}={project}"
        ids = self._ask([*self._docker(), "ps", "--all", "--quiet", "--no-trunc", "--filter", label]).split()
        if not ids:
            return
        wanted = {**_FIELDS, **fields}
        template = "{" + ",".join(f'"{name}":{{{{{field}}}}}' for name, field in wanted.items()) + "}"
        # One that was removed meanwhile makes the program fail after it has told of the others.
        lines = self._ask([*self._docker(), "inspect", "--type", "container", "--format", template, *ids], removed=True)
        for line in lines.splitlines():
            found = json.loads(line)
            if str(found["OneOff"]).lower() != "true":
                yield found

    def last_lines(self, container: str, count: int) -> list[str]:
        """Return the last lines that a container wrote. :raises OpsError: or one of its kinds."""
        argv = [*self._docker(), "logs", "--tail", str(count), container]
        done = run(argv, _SECONDS, expect_status=None, chdir=self._folder)
        if done.status:
            raise OpsError(f"docker says '{one_line(done.stderr or done.stdout, 300)}'", on=container)
        return [*done.stdout.splitlines(), *done.stderr.splitlines()][-count:]

    def _docker(self) -> list[str]:
        host = self._options["docker_host"]
        return [self._options["docker_cli"] or "docker", *(["--host", host] if host else [])]

    def _compose(self) -> list[str]:
        options = self._options
        argv = [*self._docker(), "compose", "--project-directory", self._folder]
        for flag, name in (("--env-file", "env_files"), ("--profile", "profiles")):
            argv += [word for value in options[name] for word in (flag, value)]
        argv += [word for file in self._files for word in ("--file", os.path.join(self._folder, file))]
        return [*argv, *(["--project-name", options["project"]] if options["project"] else [])]

    def _ask(self, argv: Sequence[str], removed: bool = False) -> str:
        """Return what a program prints. :raises OpsError: or one of its kinds, with what it says."""
        done = run(argv, _SECONDS, expect_status=None, chdir=self._folder, keep=_ANSWER)
        if done.status and not (removed and "o such" in done.stderr):
            said = one_line(done.stderr or done.stdout, 300)
            kind, advice = next(((kind, advice) for words, kind, advice in _WORDS if words in said), (OpsError, ""))
            raise kind(f"docker says '{said}'", on=self._folder, advice=advice)
        return done.stdout

    def cannot(self, ask: Ask, part: Part, state: State) -> str:
        """See Runtime.cannot."""
        if ask.intent == RENEWED:
            return self._without_way_back(self._images(part), ask.image)
        return self._beyond(ask) if ask.intent == LIMITED else ""

    def _without_way_back(self, images: Images, tag: str | None) -> str:
        """Return why there would be no image to go back to; empty when there is. :param tag: as for :meth:`_told`."""
        # Once one is kept it is the one, however many a run that failed has left.
        if not images.several or (tag and self._id_of(images.kept_as(tag))):
            return ""
        return "runs more than one image: recreate it first, or there is none to go back to"

    def _beyond(self, ask: Ask) -> str:
        """Return which limit is more than the daemon can give, or less than it takes; empty when none is."""
        if ask.memory and ask.memory < _LEAST_MEMORY:
            return f"cannot be limited to {ask.memory} bytes of memory: docker takes {_LEAST_MEMORY} at least"
        if ask.cpus is not None:
            most = float(self._ask([*self._docker(), "info", "--format", "{{.NCPU}}"]).strip() or 0)
            if ask.cpus > most:
                return f"cannot have {ask.cpus:g} cpus: the docker host has {most:g}"
        return ""

    def work(self, ask: Ask, part: Part, state: State) -> Mapping[str, Any]:
        """Return what the file of overrides is to say of the service."""
        if ask.intent == UPDATED:
            return {"override": {"image": ask.image}}
        if ask.intent == LIMITED:
            return {"override": _limits(ask, self._services[part.unit])}
        if ask.intent == RENEWED:
            images = self._images(part)
            return {"override": {}, "change": images.stale, "images": self._told(images, ask.image)}
        return {"override": {}}

    def _images(self, part: Part) -> Images:
        config, containers = self._seen
        runs = [str(one["Id"]) for one in containers if one["Service"] == part.unit]
        return images_of(part.unit, config, runs, self._id_of)

    def _told(self, images: Images, tag: str | None) -> Mapping[str, Any]:
        """Return what it takes to renew images. :param tag: under which those of before are kept."""
        keep = images.kept_as(tag) if tag and not images.pinned else None
        return {
            "name": images.name,
            "builds": images.builds,
            "pinned": images.pinned,
            "runs": images.runs[0] if images.runs else None,
            "several": images.several,
            "means": images.means,
            "keep_as": keep,
            "kept": self._id_of(keep) if keep else None,
        }

    def _id_of(self, name: str) -> str | None:
        """Return the id of the image that a name means now; None where it means none."""
        argv = [*self._docker(), "image", "inspect", "--format", "{{.Id}}", name]
        done = run(argv, _SECONDS, expect_status=None, chdir=self._folder)
        return None if done.status else done.stdout.strip()

    def means(self) -> Mapping[str, Any]:
        """Return the files of the project, and the one for overrides, which is among them once it is there."""
        path = os.path.join(self._folder, self._options["overrides"])
        files = [file for file in self._files if file != self._options["overrides"]]
        return {"files": files, "overrides": path, "overrides_there": os.path.exists(path)}


def _state(service: Mapping[str, Any], containers: Sequence[Mapping[str, Any]]) -> State:
    faults, ready = [], 0
    for one in containers:
        seen = {"status": one["Status"], "health": one["Health"], "exit_code": None, "oom_killed": one["OOMKilled"]}
        if one["Status"] not in (RUNNING, "created"):
            seen["exit_code"] = one["ExitCode"]
        fault = fault_of(seen, IF_ANY)
        ready += not fault
        faults += [f"{str(one['Name']).lstrip('/')}: {fault}"] if fault else []
    running = [one for one in containers if one["Status"] == RUNNING]
    limits = {limits_of({"HostConfig": one}) for one in containers}
    images = {str(one["Image"]) for one in containers}
    memory, cpus = limits.pop() if len(limits) == 1 else (None, None)
    fixed, most = _fixed(service)
    return State(
        present=len(containers) or _configured(service),
        running=len(running),
        ready=ready,
        instances=sorted(str(one["Name"]).lstrip("/") for one in running),
        image=images.pop() if len(images) == 1 else None,
        cpus=cpus,
        memory=memory,
        faults=sorted(faults),
        fixed=fixed,
        most=most,
        restless=sorted(str(one["Name"]).lstrip("/") for one in containers if one["Status"] in _RESTLESS),
    )


def _configured(service: Mapping[str, Any]) -> int:
    """Return how many containers the files say."""
    replicas = (service.get("deploy") or {}).get("replicas", service.get("scale"))
    return 1 if replicas is None else int(replicas)


def _fixed(service: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return what keeps the service from having more containers, and how many it can have."""
    if service.get("container_name"):
        return f"has the fixed container name {service['container_name']}", 1
    found: list[tuple[int, str]] = []
    for port in service.get("ports") or []:
        first, _dash, last = str(port.get("published") or "").partition("-")
        if first.isdigit() and int(first):
            room = int(last or first) - int(first) + 1
            found.append((room, f"publishes the fixed port{'s' if last else ''} {port['published']}"))
    for name, network in (service.get("networks") or {}).items():
        if network and (network.get("ipv4_address") or network.get("ipv6_address")):
            found.append((1, f"has a fixed address in the network {name}"))
    if not found:
        return "", None
    most, reason = min(found)
    return reason, most


def _limits(ask: Ask, service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits in the words that the service has them in: compose refuses the same limit in two words."""
    limits = (service.get("deploy") or {}).get("resources", {}).get("limits") or {}
    override: dict[str, Any] = {}
    wanted: dict[str, Any] = {}
    if ask.cpus is not None:
        old = "cpus" in service and "cpus" not in limits
        (override if old else wanted)["cpus"] = ask.cpus if old else f"{ask.cpus:g}"
    if ask.memory is not None:
        old = "mem_limit" in service and "memory" not in limits
        (override if old else wanted)["mem_limit" if old else "memory"] = str(ask.memory)
    if wanted:
        override["deploy"] = {"resources": {"limits": wanted}}
    return override
