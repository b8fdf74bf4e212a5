# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Settings of snapshot repositories: what is refused before the server is asked, and when two of them are the same.

Both products keep each value as a string, as it was given, and answer with that: ``true``, ``"512mb"``, nested by the
dots in names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._core.errors import InputError
from .._core.secrets import is_secret_name, url_secrets

FS, S3, GCS, AZURE, URL = "fs", "s3", "gcs", "azure", "url"
TYPES = (FS, S3, GCS, AZURE, URL)
# Without these the server has no place; Azure has a default.
_REQUIRED: Mapping[str, str] = {FS: "location", S3: "bucket", GCS: "bucket", URL: "url"}
# Where snapshots are kept: under another value of one there are other snapshots.
PLACES = ("location", "bucket", "container", "base_path", "url")
# What the keystore of each node holds for a client of a type (``s3.client.default.access_key``).
KEYSTORE: Mapping[str, tuple[str, ...]] = {
    S3: ("access_key", "secret_key"),
    GCS: ("credentials_file",),
    AZURE: ("account", "key"),
}
# Names of secrets that say less than those that options and headers have.
_SECRETS: Mapping[str, tuple[str, ...]] = {AZURE: ("account", "key", "sas_token"), GCS: ("service_account",)}
_SCHEMES = ("http", "https", "ftp", "file", "jar")
_SIZE_NAME = re.compile(r"(?:_size|_bytes_per_sec)\Z")
_SIZE = re.compile(r"(-?\d+(?:\.\d+)?)\s*([kmgtp]?b?)\Z", re.IGNORECASE)
_POWERS = {unit: number for number, unit in enumerate("bkmgtp")}
MASK = "********"


def checked(kind: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings by their whole names, values as the server keeps them; without those that are None.

    :raises InputError: a secret is among them, or the place is missing.
    """
    found = flat(settings)
    for name in found:
        _refuse_secret(kind, name, found)
    required = _REQUIRED.get(kind)
    if required is not None and not found.get(required):
        raise InputError(f"settings: {required} is missing", advice=f"a repository of type {kind} needs it")
    if kind == URL:
        _check_url(found["url"])
    return found


def flat(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings, nested or not, by their whole names, values as the server writes them."""
    return dict(_flat("", settings))


def _flat(prefix: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(f"{name}.", value)
        elif value is not None:
            yield name, _written(name, value)


def _written(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_written(name, one) for one in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    # a template makes text of a boolean, in Python's way, which no server reads
    return text.lower() if text in ("True", "False") and name not in PLACES else text


def _refuse_secret(kind: str, name: str, settings: Mapping[str, str]) -> None:
    if is_secret_name(name) or name.rpartition(".")[2] in _SECRETS.get(kind, ()):
        advice = f"put {', '.join(keystore_names(kind, settings))} into the keystore of each node"
        if kind not in KEYSTORE:
            advice = "everybody who may look at the repository reads its settings"
        raise InputError(f"settings: {name} is a secret, which does not belong there", advice=advice)


def _check_url(url: str) -> None:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in _SCHEMES:
        raise InputError("settings: url is none that a repository can have", advice=f"expected {', '.join(_SCHEMES)}")
    if any(url_secrets(url)):
        raise InputError(
            "settings: url holds a password", advice="everybody who may look at the repository reads its settings"
        )


def keystore_names(kind: str, settings: Mapping[str, str]) -> list[str]:
    """Return the names under which the nodes' keystores hold the secrets of the repository's client."""
    client = settings.get("client") or "default"
    return [f"{kind}.client.{client}.{name}" for name in KEYSTORE.get(kind, ())]


def same(some: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether both mean the same to the server, whichever way sizes and paths are written."""
    return some.keys() == others.keys() and all(
        _meaning(name, some[name]) == _meaning(name, others[name]) for name in some
    )


def moved(some: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Tell whether the two keep snapshots in different places."""
    return any(_meaning(name, some.get(name, "")) != _meaning(name, others.get(name, "")) for name in PLACES)


def shown(settings: Mapping[str, str]) -> dict[str, str]:
    """Return settings fit to be shown: somebody else may have registered a secret."""
    return {name: MASK if is_secret_name(name) else settings[name] for name in sorted(settings)}


def _meaning(name: str, text: str) -> object:
    if name == "location" and text:
        return posixpath.normpath(text)
    if name in ("base_path", "url"):
        return text.strip("/") if name == "base_path" else text.rstrip("/")
    match = _SIZE.match(text.strip()) if _SIZE_NAME.search(name) else None
    if match is not None:
        return float(match[1]) * 1024 ** _POWERS[match[2].lower()[:1] or "b"]
    return text
