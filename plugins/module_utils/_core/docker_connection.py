# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Connections to a docker daemon by the docker SDK for Python: the options of every module, and errors in one line.

The SDK's low-level client is used: it hands out the daemon's JSON (Docker Engine API) as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .argspec import TLS, ArgSpec
from .errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .http import innermost_reason
from .libraries import load

if TYPE_CHECKING:
    from docker import APIClient

SPEC = (
    ArgSpec(
        options={
            "docker_host": {"type": "str", "default": "unix:///var/run/docker.sock"},
            "tls": {"type": "bool", "default": False},
            "timeout": {"type": "float", "default": 5.0},
        }
    )
    + TLS
)
LIBRARY = "docker"

_SCHEMES = ("unix://", "tcp://")

# Status of the daemon's answer -> our error and what to do about it; any other speaks against the daemon.
_STATUSES: dict[int, tuple[type[OpsError], str]] = {
    400: (InputError, ""),
    401: (AccessDenied, "see tls, client_cert and client_key"),
    403: (AccessDenied, "see tls, client_cert and client_key"),
    404: (NotThere, ""),
}

# What the system or the SDK says when there is no answer.
_WORDS: dict[str, tuple[type[OpsError], str]] = {
    "No such file or directory": (NotThere, "no docker daemon has its socket there; see docker_host"),
    "Permission denied": (AccessDenied, "run the check as root or as a member of the group docker"),
    "certificate": (AccessDenied, "see tls, ca_certs, client_cert and validate_certs"),
    "SSL": (AccessDenied, "see tls, ca_certs, client_cert and validate_certs"),
    "too old": (OpsError, "the docker SDK and the daemon have no version of the API in common"),
}


def where(options: Mapping[str, Any]) -> str:
    """Return the daemon's address, for messages."""
    return f"docker {options['docker_host']}"


@contextmanager
def connect(options: Mapping[str, Any]) -> Iterator[APIClient]:
    """Open a client for ``options`` (validated by ``SPEC``), close it at the end. Errors inside are explained too.

    Each request is bounded by ``timeout`` on its own. The daemon is asked for the version of its API first, as old and
    new daemons share none that could be fixed here.

    :raises MissingLibrary: docker is not there. :raises InputError: ``docker_host`` or a certificate's file.
    :raises NotThere: no socket there, or what was asked for does not exist. :raises AccessDenied: socket or TLS.
    :raises Unreachable: no answer. :raises OpsError: the daemon answers with an error.
    """
    library = load(LIBRARY)
    host = str(options["docker_host"])
    if not host.startswith(_SCHEMES) or not host.partition("://")[2]:
        raise InputError("not a usable docker_host", on=host, advice="expected unix:///path or tcp://host:port")
    try:
        client = library.APIClient(base_url=host, version="auto", timeout=options["timeout"], tls=_tls(options))
        try:
            yield client
        finally:
            client.close()
    except (library.errors.DockerException, OSError) as error:
        raise _explain(error, options) from error


def _tls(options: Mapping[str, Any]) -> Any:
    """Return the SDK's TLS settings; False for a connection without.

    Without ``ca_certs`` the authorities that requests trusts hold, which is what the SDK does with ``verify`` alone.
    """
    if not options["tls"]:
        return False
    pair = (options["client_cert"], options["client_key"]) if options.get("client_cert") else None
    settings = load("docker.tls").TLSConfig(
        client_cert=pair, ca_cert=options.get("ca_certs"), verify=options["validate_certs"]
    )
    if not options["validate_certs"]:
        load("urllib3").disable_warnings()
    return settings


def _explain(error: Exception, options: Mapping[str, Any]) -> OpsError:
    on = where(options)
    chain = list(_chain(error))
    if type(error).__name__ == "TLSParameterError":
        return InputError("tls cannot be used", on=on, advice=_first_sentence(error))
    answered = next((one for one in chain if getattr(one, "response", None) is not None), None)
    if answered is not None:
        return _answered(answered, on)
    reason = one_line(innermost_reason(error), 200)
    if "timed out" in reason.lower():
        return Unreachable(f"no answer within {options['timeout']:g} s", on=on)
    known = next((known for words, known in _WORDS.items() if words in reason), None)
    if known:
        kind, advice = known
        return kind(f"cannot talk to the daemon ({reason})", on=on, advice=advice)
    if any(isinstance(one, (ValueError, LookupError, TypeError)) for one in chain):
        return OpsError("the answer is not a docker daemon's", on=on, advice="see docker_host")
    return Unreachable(f"no answer ({reason})", on=on)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it: the SDK wraps what happens while it asks for the version."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__


def _first_sentence(error: Exception) -> str:
    """Return what the SDK says of TLS, less the paragraph about environment variables that it adds."""
    return one_line(str(error).partition(". ")[0].rstrip(".").replace("`", ""), 200)


def _answered(error: Any, on: str) -> OpsError:
    status = error.response.status_code
    kind, advice = _STATUSES.get(status, (OpsError, ""))
    said = one_line(getattr(error, "explanation", None) or error.response.reason, 200)
    return kind(f"the daemon says '{said}' (status {status})", on=on, advice=advice)
