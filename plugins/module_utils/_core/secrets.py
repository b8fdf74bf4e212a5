# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Secrets: given as a value, a file or an environment variable of the host; found wherever they nest; never shown."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .errors import InputError

# Names under which people write secrets, in options, HTTP headers and query strings.
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|credential|api[-_]?key|access[-_]?key|admin[-_]?key|auth[-_]?key|x-.*-?key$"
    r"|^(proxy-)?authorization$|^(set-)?cookie$|^sig(nature)?$",
    re.IGNORECASE,
)
# A password that was written as a number has at least as many digits; what has fewer is a count.
_SHORTEST_NUMBER = 4
_INDIRECT = ("_file", "_env")


def is_secret_name(name: str) -> bool:
    """Tell whether a thing of that name holds a secret itself (``login_password``), not a way to it (``…_file``)."""
    return not name.endswith(_INDIRECT) and bool(_SECRET_NAME.search(name))


# Options that hold what modules of ours returned earlier, by names that people chose: no secret is in it, and a check
# that is called "token age" is none.
_RETURNED_EARLIER = ("baseline", "continue_from", "history", "hosts", "results")


# Settings of snapshot repositories under which a key of Azure or Google is given by mistake; elsewhere such names are
# common.
_SECRET_SETTINGS = ("account", "key", "service_account")


def option_secrets(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield every secret string in a module's options, as :func:`nested_secrets` finds them."""
    yield from nested_secrets({name: value for name, value in options.items() if name not in _RETURNED_EARLIER})


def nested_secrets(value: Any) -> Iterator[str]:
    """Yield every secret string in nested options: under telling names, and in query strings and user parts of URLs."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if is_secret_name(str(name)):
                yield from _strings(inner)
            elif name == "settings" and isinstance(inner, Mapping):
                yield from nested_secrets(inner)
                yield from _strings({key: inner[key] for key in inner if key in _SECRET_SETTINGS})
            else:
                yield from nested_secrets(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from nested_secrets(inner)
    elif isinstance(value, str) and "://" in value:
        yield from url_secrets(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _strings(inner)
    elif value is not None and not isinstance(value, bool) and str(value) and not _is_count(value):
        yield str(value)


def _is_count(value: Any) -> bool:
    """Tell whether a thing is a small number, such as that of checks that pass: to mask it would garble each text."""
    return isinstance(value, (int, float)) and len(str(value)) < _SHORTEST_NUMBER


def url_secrets(url: str) -> Iterator[str]:
    """Yield the password of a URL and the values of its secret query parameters."""
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        return
    if password:
        yield password
    for name, value in parse_qsl(parts.query):
        if is_secret_name(name):
            yield value


def resolve(options: Mapping[str, Any], name: str) -> str | None:
    """Return the secret ``name`` from ``name``, the file ``name_file`` or the environment variable ``name_env``.

    A file's last newline is not part of the secret.

    :raises InputError: the file cannot be read, or the variable is not set where the module runs.
    """
    if options.get(name) is not None:
        return str(options[name])
    if options.get(f"{name}_file"):
        return _from_file(f"{name}_file", Path(str(options[f"{name}_file"])).expanduser())
    if options.get(f"{name}_env"):
        return _from_environment(f"{name}_env", str(options[f"{name}_env"]))
    return None


def _from_file(option: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise InputError(f"{option} cannot be read ({reason})", on=str(path)) from error


def _from_environment(option: str, variable: str) -> str:
    try:
        return os.environ[variable]
    except KeyError as error:
        raise InputError(
            f"{option} names an environment variable that is not set",
            on=variable,
            advice="it is read on the host where the module runs",
        ) from error
