# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The options of whatever asks a server over HTTP: who we are, whom we trust, which way we go."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .argspec import TLS, ArgSpec, secret
from .errors import InputError
from .http import HttpClient, Tls, check_url, without_user
from .secrets import resolve

SPEC = (
    ArgSpec(
        options={
            "headers": {"type": "dict", "default": {}},
            "url_username": {"type": "str"},
            "use_proxy": {"type": "bool", "default": True},
        },
        mutually_exclusive=[
            (way, password)
            for way in ("token", "token_file", "token_env")
            for password in ("url_password", "url_password_file", "url_password_env")
        ],
        required_by={f"url_password{way}": ["url_username"] for way in ("", "_file", "_env")},
    )
    + secret("url_password")
    + secret("token")
    + TLS
)


def client_key(options: Mapping[str, Any]) -> tuple[type[HttpClient], Tls, bool]:
    """Return what tells apart the clients of different options: those with the same key can share one."""
    return HttpClient, Tls.from_options(options), bool(options["use_proxy"])


def make_client(options: Mapping[str, Any]) -> HttpClient:
    """Return a client for ``options`` of :data:`SPEC`.

    :raises MissingLibrary: requests is not there.
    """
    return HttpClient(Tls.from_options(options), bool(options["use_proxy"]))


def given_headers(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that the user gave, as text."""
    return {str(name): str(value) for name, value in options["headers"].items()}


def authorization(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the header that says who we are; none when neither a token nor a user is given.

    :raises InputError: the secret cannot be read.
    """
    token = resolve(options, "token")
    if token is not None:
        return {"Authorization": f"Bearer {token}"}
    if options.get("url_username") is None:
        return {}
    password = resolve(options, "url_password") or ""
    login = base64.b64encode(f"{options['url_username']}:{password}".encode())
    return {"Authorization": f"Basic {login.decode('ascii')}"}


def address_under(base: str, path: str, query: Mapping[str, Any] | None = None) -> str:
    """Return the address of ``path`` under a server's base URL, which may have a path of its own.

    :param query: names and values; a list is a name several times.
    :raises InputError: the base is no usable URL, or has a query or fragment, which would be lost.
    """
    check_url(base)
    parts = urlsplit(base)
    if parts.query or parts.fragment:
        raise InputError(
            "the URL has a query or a fragment", on=without_user(base), advice="expected the server's address alone"
        )
    # A blank is %20 to all; + is one in forms only, and not where a request is signed.
    asked = f"?{urlencode(query, doseq=True, quote_via=quote)}" if query else ""
    return f"{base.rstrip('/')}/{path.lstrip('/')}{asked}"
