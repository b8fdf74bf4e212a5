# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Asking systemd by systemctl, and what its answers mean. Only what systemd 219 and later print alike is relied on.

JSON from ``list-units`` came with systemd 246, and several distributions in use are older; ``show`` prints
``Name=value`` lines in each version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from .command import run
from .errors import AccessDenied, InputError, NotThere, OpsError, Unreachable, one_line
from .moments import moment

SYSTEM = "system"
USER = "user"

_UNIT = re.compile(r"[A-Za-z0-9:_.\\@-]{1,255}")
# Signs that some versions put before units that are not well: bullets, a circle, the sign of multiplication.
_SIGNS = ("\u25cf", "\u25cb", "\u00d7", "*", "x")

# What systemctl says -> our error and what to do about it; the first that fits counts.
_WORDS: tuple[tuple[str, type[OpsError], str], ...] = (
    ("ermission denied", AccessDenied, "run the check as root, or with scope: user as the user whose units they are"),
    ("ccess denied", AccessDenied, "run the check as root, or with scope: user as the user whose units they are"),
    ("not been booted with systemd", NotThere, "no systemd runs on this host"),
    ("valid invocation ID nor unit name", InputError, "expected a unit such as nginx.service"),
    ("valid unit name", InputError, "expected a unit such as nginx.service"),
    ("timed out", Unreachable, "systemd does not answer"),
    ("connect to", NotThere, "no systemd of that scope runs here; a user's needs a session or lingering"),
    ("get D-Bus connection", NotThere, "no systemd of that scope runs here; a user's needs a session or lingering"),
)


def unit_name(value: object) -> str:
    """Return ``value`` as the name of one unit. Fit to be the ``type`` of an option.

    :raises ValueError: it is none, or a pattern that may fit several.
    """
    if _UNIT.fullmatch(str(value)) and not str(value).startswith("-"):
        return str(value)
    raise ValueError("expected the name of one unit, such as nginx.service")


def ask(arguments: Sequence[str], scope: str, timeout: float) -> str:
    """Return what systemctl prints for ``arguments``, in English, with times in UTC.

    :param scope: ``system`` or ``user``: whose systemd to ask. :param timeout: seconds.
    :raises NotThere: no systemd here. :raises AccessDenied: it does not let us. :raises InputError: no name of a unit.
    :raises Unreachable: no answer in time. :raises OpsError: anything else that it says.
    """
    try:
        done = run(["systemctl", f"--{scope}", "--no-pager", *arguments], timeout, _environment(scope), b"", None)
    except NotThere as error:
        raise NotThere("no systemd on this host", on="systemctl", advice=error.failed) from error
    if done.status != 0:
        raise _explain(done.stderr or done.stdout, scope)
    return done.stdout


def _environment(scope: str) -> Mapping[str, str]:
    """Return what makes systemctl speak English and UTC, and find a user's systemd where no login has said where."""
    environment = {"LC_ALL": "C", "TZ": "UTC", "SYSTEMD_COLORS": "0"}
    if scope == USER and not os.environ.get("XDG_RUNTIME_DIR"):
        environment["XDG_RUNTIME_DIR"] = f"/run/user/{os.getuid()}"
    return environment


def _explain(text: str, scope: str) -> OpsError:
    said = one_line(text, 200)
    words = f"systemctl says '{said}'" if said else "systemctl fails and says nothing"
    on = f"systemctl --{scope}"
    for part, kind, advice in _WORDS:
        if part in said:
            return kind(words, on=on, advice=advice)
    return OpsError(words, on=on)


def show(unit: str, properties: Sequence[str], scope: str, timeout: float) -> dict[str, str]:
    """Return properties of ``unit``, those that this systemd knows.

    :raises NotThere: no such unit. :raises OpsError: or one of its kinds, as :func:`ask` does.
    """
    wanted = ",".join(("LoadState", "Id", *properties))
    found = parse_properties(ask(["show", f"--property={wanted}", "--", unit], scope, timeout))
    if found.get("LoadState", "") in ("", "not-found"):
        raise NotThere("no such unit", on=unit, advice=f"systemctl --{scope} list-unit-files shows those there are")
    return found


def parse_properties(text: str) -> dict[str, str]:
    """Return the properties in the output of ``systemctl show``; one that is told in several lines has them all."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def parse_units(text: str) -> list[str]:
    """Return the names of units in the output of ``systemctl list-units --plain --no-legend``."""
    names = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0] in _SIGNS:
            words = words[1:]
        if words:
            names.append(one_line(words[0], 255))
    return names


def parse_time(text: str | None) -> float | None:
    """Return ``Sun 2026-03-01 02:00:00 UTC`` in seconds since the epoch; None for ``n/a`` and for nothing."""
    return moment((text or "").partition(" ")[2])


def parse_count(text: str | None) -> int | None:
    """Return a number; None when there is none, as ``NRestarts`` before systemd 235, or ``[not set]``."""
    return int(text) if text and text.isdigit() else None
