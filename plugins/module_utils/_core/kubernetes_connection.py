# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The API of Kubernetes, read and patched: the options of every module, and errors in one line.

The Kubernetes client for Python reads the configuration: kubeconfig, exec plugins, a pod's own service account. What it
finds is then asked for by our HTTP client, with bounds on time and size, as JSON: the client's own models would be made
and thrown away. With ``host`` there is no configuration to read, and the client, which costs 0.2 s of CPU and 14 MB
more than requests alone, is not needed.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .argspec import ArgSpec, secret
from .errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .http import HttpClient, Request, Response, Tls, without_user
from .libraries import load
from .memory_file import MemoryFile
from .secrets import resolve

# Names as the collection kubernetes.core has them.
SPEC = ArgSpec(
    options={
        "kubeconfig": {"type": "path"},
        "context": {"type": "str"},
        "host": {"type": "str"},
        "ca_cert": {"type": "path"},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "validate_certs": {"type": "bool"},
        "namespace": {"type": "str", "default": "default"},
        "timeout": {"type": "float", "default": 5.0},
    },
    mutually_exclusive=[("host", "kubeconfig"), ("host", "context")],
    required_together=[("client_cert", "client_key")],
) + secret("api_key")
LIBRARY = "kubernetes"

# A pod's JSON takes 5 to 20 KB.
_MOST_BYTES = 16 << 20


class Conflict(OpsError):
    """The object is no longer what it was when it was read: to be read again."""


# Status of the server's answer -> our error and what to do about it; any other speaks against the server.
_STATUSES: dict[int, tuple[type[OpsError], str]] = {
    400: (InputError, ""),
    401: (AccessDenied, "check api_key, or the user of the kubeconfig and its exec plugin"),
    403: (AccessDenied, "the user lacks this permission"),
    404: (NotThere, ""),
    409: (Conflict, ""),
}


@dataclass(frozen=True)
class _Settings:
    """Where the API is, how to trust it, and the value of the header Authorization (a secret), or None."""

    host: str
    tls: Tls
    authorization: str | None = None


# The client keeps what it reads in variables of its own module.
_reading = threading.Lock()


class _Configuration:
    """What the Kubernetes client has read: where the API is, how to trust it, and tokens, had anew when they expire.

    Certificates and keys that stand in a kubeconfig are written to temporary files by the client, to be removed when
    Python ends well. Here they are held in memory instead, and the files removed at once.

    :raises InputError: there is none, it is wrong, or it wants what our HTTP client cannot do.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        with _reading:
            self._found = _read_configuration(options)
            self._in_memory: list[MemoryFile] = []
            names = ("ssl_ca_cert", "cert_file", "key_file")
            ca_certs, client_cert, client_key = (self._kept(getattr(self._found, name, None)) for name in names)
            _remove_files()
        self.host = str(self._found.host).rstrip("/")
        self.tls = Tls(bool(self._found.verify_ssl), ca_certs, client_cert, client_key)

    def authorization(self) -> str | None:
        """Return the value of the header Authorization."""
        value = (self._found.auth_settings().get("BearerToken") or {}).get("value")
        return None if value is None else str(value)

    def _kept(self, path: str | None) -> str | None:
        if not path or not MemoryFile.possible():
            return path
        try:
            self._in_memory.append(MemoryFile(Path(path).read_bytes()))
        except OSError as error:
            raise InputError(f"a file of the kubeconfig cannot be read ({error.strerror})", on=path) from error
        return self._in_memory[-1].path


class Api:
    """The API that options (validated by ``SPEC``) lead to. Safe to use from several threads.

    Its configuration is read when first asked, once: an exec plugin may take a while. Tokens that expire are had anew.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._configuration: _Configuration | None = None
        self._client: HttpClient | None = None

    def deadline(self, seconds: float) -> float:
        """Return the time, by the monotonic clock, that is ``seconds`` after the configuration has been read.

        Reading it imports a large client and may run an exec plugin: on a busy host that can take longer than the
        API's answers, whose time this is.

        :raises MissingLibrary: kubernetes. :raises InputError: the configuration.
        """
        self._settings()
        return time.monotonic() + seconds

    def get(self, path: str, query: Mapping[str, str], deadline: float) -> Any:
        """Return the JSON object at ``path``, an absolute path of the API.

        :param deadline: of :meth:`deadline`.
        :raises MissingLibrary: kubernetes or requests. :raises InputError: the configuration, or a bad request.
        :raises Unreachable: no answer. :raises AccessDenied: TLS, 401 or 403. :raises NotThere: 404.
        :raises OpsError: any other status, or an answer that is no JSON object.
        """
        return _object(self._answer(path, query, deadline))

    def get_text(self, path: str, query: Mapping[str, str], deadline: float) -> str:
        """Return the text at ``path``, such as what a pod has written. Raises as :meth:`get`."""
        answer = self._answer(path, query, deadline)
        return answer.text() if answer.status == 200 else str(_object(answer))

    def _answer(self, path: str, query: Mapping[str, str], deadline: float) -> Response:
        return self._send("GET", f"{path}{'?' if query else ''}{urlencode(query)}", None, deadline)

    def patch(self, path: str, change: Mapping[str, Any], deadline: float) -> Any:
        """Merge ``change`` into the object at ``path`` (RFC 7396) and return it as it is then.

        :raises Conflict: ``change`` has a resourceVersion, and it is another by now. Raises else as :meth:`get`.
        """
        return _object(self._send("PATCH", path, json.dumps(change).encode(), deadline))

    def _send(self, method: str, path: str, body: bytes | None, deadline: float) -> Response:
        settings = self._settings()
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unreachable("time is up before all was asked", on=settings.host)
        return self._http(settings).send(
            Request(
                url=f"{settings.host}{path}",
                method=method,
                headers={
                    "Accept": "application/json, */*",
                    **({"Content-Type": "application/merge-patch+json"} if body is not None else {}),
                    **({"Authorization": settings.authorization} if settings.authorization else {}),
                },
                body=body,
                timeout=left,
                max_bytes=_MOST_BYTES,
                follow_redirects="none",
            )
        )

    def _http(self, settings: _Settings) -> HttpClient:
        with self._lock:
            if self._client is None:
                self._client = HttpClient(settings.tls)
            return self._client

    def _settings(self) -> _Settings:
        options = self._options
        token = resolve(options, "api_key")
        bearer = None if token is None else f"Bearer {token}"
        if options.get("host"):
            return _Settings(str(options["host"]).rstrip("/"), _tls(options, Tls()), bearer)
        with self._lock:
            if self._configuration is None:
                self._configuration = _Configuration(options)
            saved = self._configuration.authorization()
        return _Settings(self._configuration.host, _tls(options, self._configuration.tls), bearer or saved)


def where(options: Mapping[str, Any]) -> str:
    """Return what names the cluster, for messages and to tell clusters apart."""
    if options.get("host"):
        return f"kubernetes {without_user(options['host'])}"
    context = f" context {options['context']}" if options.get("context") else ""
    return f"kubernetes {options.get('kubeconfig') or 'of the default configuration'}{context}"


def _tls(options: Mapping[str, Any], saved: Tls) -> Tls:
    """Return how to trust the server; what the options say goes before what was ``saved`` in a configuration."""
    own = options.get("client_cert")
    verify = options.get("validate_certs")
    return Tls(
        validate=saved.validate if verify is None else verify,
        ca_certs=options.get("ca_cert") or saved.ca_certs,
        client_cert=own or saved.client_cert,
        client_key=options.get("client_key") if own else saved.client_key,
    )


def _read_configuration(options: Mapping[str, Any]) -> Any:
    """Return the Kubernetes client's configuration, from a kubeconfig or, in a pod, its service account.

    :raises InputError: there is none, it is wrong, or it wants what our HTTP client cannot do.
    """
    client, config = load("kubernetes.client"), load("kubernetes.config")
    named = options.get("kubeconfig")
    if named and not os.access(named, os.R_OK):
        raise InputError("kubeconfig cannot be read", on=str(named), advice="expected a file on the module's host")
    found = client.Configuration()
    try:
        if named or options.get("context") or _has_default():
            config.load_kube_config(named, options.get("context"), found, persist_config=False)
        else:
            config.load_incluster_config(client_configuration=found)
    except Exception as error:  # of YAML, of shapes that are none of a kubeconfig, of the client's own
        on = where(options)
        raise InputError("no usable configuration of a cluster", on=on, advice=_without_content(error)) from error
    _refuse_what_we_cannot(found, where(options))
    return found


def _remove_files() -> None:
    """Remove the client's temporary files, where it still has the function for that; else it does so at its end."""
    remove = getattr(load("kubernetes.config.kube_config"), "_cleanup_temp_files", None)
    if remove and MemoryFile.possible():
        remove()


def _without_content(error: Exception) -> str:
    """Return an error's text up to where the client quotes the kubeconfig itself, secrets and all."""
    return one_line(str(error).partition("{")[0], 200)


def _has_default() -> bool:
    """Tell whether a kubeconfig is where everybody looks for one."""
    places = os.environ.get("KUBECONFIG") or "~/.kube/config"
    return any(Path(place).expanduser().exists() for place in places.split(":") if place)


def _refuse_what_we_cannot(found: Any, on: str) -> None:
    if getattr(found, "tls_server_name", None):
        raise InputError("tls-server-name of a kubeconfig is not supported", on=on)
    if found.proxy and found.proxy not in load("urllib.request").getproxies().values():
        raise InputError("proxy-url of a kubeconfig is not supported", on=on, advice="set HTTPS_PROXY instead")


def _object(answer: Response) -> Any:
    """Return the JSON object in an answer, or raise what its status means, with the server's own reason."""
    on = f"kubernetes {without_user(answer.url)}"
    if answer.status != 200:
        kind, advice = _STATUSES.get(answer.status, (OpsError, ""))
        raise kind(f"the API answers {answer.status}{_reason(answer)}", on=on, advice=advice)
    found = answer.json()
    if not isinstance(found, dict):
        raise OpsError("the answer is not one of Kubernetes", on=on, advice="see host")
    return found


def _reason(answer: Response) -> str:
    """Return the message of a Status, the object that the API answers errors with; empty where there is none."""
    try:
        found = answer.json()
    except OpsError:
        return ""
    message = found.get("message") if isinstance(found, dict) else None
    return f" ({one_line(message, 200)})" if message else ""
