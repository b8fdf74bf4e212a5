# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How services that speak a protocol of Amazon's are reached by boto3, and what its errors mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import AccessDenied, InputError, OpsError, Unreachable, one_line
from .http import innermost_reason
from .libraries import load
from .secrets import resolve

_ATTEMPTS = 3  # for one request, with growing pauses between them

# botocore's exceptions by the names of their classes, as some came with later versions.
_OWN: dict[str, tuple[type[OpsError], str]] = {
    "NoCredentialsError": (AccessDenied, "give access_key and secret_key, or a role to the host"),
    "PartialCredentialsError": (AccessDenied, "give access_key and secret_key both"),
    "CredentialRetrievalError": (AccessDenied, "see what gives this host its credentials"),
    "ProfileNotFound": (InputError, "check profile"),
    "NoRegionError": (InputError, "give region"),
    "InvalidRegionError": (InputError, "check region"),
    "ParamValidationError": (InputError, "check the options"),
    "ValueError": (InputError, "check endpoint_url"),
    "SSLError": (AccessDenied, "see ca_certs, validate_certs"),
}


def made_client(service: str, options: Mapping[str, Any], timeout: float, where: str, **config: Any) -> Any:
    """Return boto3's client of a service. Nothing is sent.

    :param options: ``region``, ``endpoint_url``, ``profile``, ``access_key``, ``secret_key`` and ``session_token`` with
        their ways of giving a secret, ``ca_certs``, ``validate_certs``. :param timeout: seconds for one answer.
    :param where: the service, for messages. :param config: more of botocore's ``Config``.
    :raises MissingLibrary: boto3 is not there. :raises InputError: options contradict each other, or a secret cannot be
        read. :raises OpsError: so says botocore.
    """
    secret_key = resolve(options, "secret_key")
    if bool(options.get("access_key")) != bool(secret_key):
        raise InputError("access_key and secret_key belong together", on=where, advice="give both or none")
    boto3, configs = load("boto3.session"), load("botocore.config")
    try:
        session = boto3.Session(
            aws_access_key_id=options.get("access_key"),
            aws_secret_access_key=secret_key,
            aws_session_token=resolve(options, "session_token"),
            region_name=options.get("region"),
            profile_name=options.get("profile"),
        )
        given = {"retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS}, **config}
        return session.client(
            service,
            endpoint_url=options.get("endpoint_url"),
            verify=(options.get("ca_certs") or True) if options["validate_certs"] else False,
            config=configs.Config(connect_timeout=timeout, read_timeout=timeout, **given),
        )
    except (load("botocore.exceptions").BotoCoreError, ValueError, OSError) as error:
        raise not_answered(error, "connect", where) from error


def answer_of(error: BaseException) -> Mapping[str, Any] | None:
    """Return what the service answered, if the error tells of that: ``Error``, ``ResponseMetadata``."""
    response = getattr(error, "response", None)
    return response if isinstance(response, Mapping) and response.get("Error") else None


def not_answered(error: BaseException, doing: str, on: str) -> OpsError:
    """Return our error for one of botocore's that is no answer of the service.

    :param doing: for "cannot <doing>". :param on: what and where.
    """
    kind, advice = _OWN.get(type(error).__name__, (Unreachable, ""))
    if kind is Unreachable:
        reason = innermost_reason(error)
        late = "timed out" in reason.lower() or "Timeout" in type(error).__name__
        return Unreachable(f"cannot {doing}: {'no answer in time' if late else f'no answer ({reason})'}", on=on)
    return kind(f"cannot {doing}: {one_line(error, 160)}", on=on, advice=advice)
