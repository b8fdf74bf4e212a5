# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind clock: the host's clock agrees with a time server, or a web server, and something keeps it right.

The standard library does for time servers and the kernel; a web server is asked with requests.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable

from .._core.argspec import TLS, ArgSpec
from .._core.durations import show_duration
from .._core.errors import AccessDenied, InputError, MissingLibrary, NotThere, OpsError, one_line
from .._core.http import HttpClient, Request, Tls, check_url, without_user
from .._core.ntp import ask
from .._core.option_types import port_number
from .base import Condition, Context, Options, Values
from .limits import SECONDS

SPEC = (
    ArgSpec(
        options={
            "server": {"type": "str"},
            "port": {"type": port_number, "default": 123},
            "url": {"type": "str"},
            "max_offset": {"type": SECONDS},
            "synchronized": {"type": "bool"},
            "use_proxy": {"type": "bool", "default": True},
        },
        mutually_exclusive=[("server", "url")],
        required_one_of=[("server", "url", "synchronized")],
    )
    + TLS
)
LIBRARIES: Sequence[str] = ()

# Unless told otherwise: what common protocols bear; with a web server, which tells whole seconds, what can be seen.
_MAX_OFFSET = 0.5
_MAX_OFFSET_URL = 2.0
_HEADER_RESOLUTION = 1.0


@dataclass(frozen=True)
class _Reading:
    """How far this host's clock is ahead, how wrong that may be at most, how long the answer took; all in seconds."""

    ahead: float
    error: float
    delay: float
    more: Values


def probe(options: Options, context: Context) -> Values:
    """Return offset (s, above 0 when ahead), ahead, behind, error, delay (s) and, of a time server, stratum.

    With synchronized, also synchronized and max_error (s), which are the kernel's.

    :raises NotThere: no answer, or none that tells the time: that says nothing about this host's clock.
    :raises AccessDenied: we are sent away, or TLS. :raises MissingLibrary: requests, with url. :raises InputError: url.
    """
    kernel = _kernel() if options.get("synchronized") is not None else {}
    source = _source(options)
    if source is None:
        return kernel
    try:
        reading = source(options, context)
    except (AccessDenied, InputError, MissingLibrary, NotThere):
        raise
    except OpsError as error:
        raise NotThere(error.failed, on=error.on, advice=error.advice) from error
    if reading.error > _max_offset(options):
        told, wanted = show_duration(reading.error), show_duration(_max_offset(options))
        raise NotThere(
            f"the answer tells the time to {told} only, max_offset is {wanted}",
            on=options.get("server") or options["url"],
        )
    return {
        "offset": round(reading.ahead, 6),
        "ahead": round(max(0.0, reading.ahead), 6),
        "behind": round(max(0.0, -reading.ahead), 6),
        "error": round(reading.error, 6),
        "delay": round(reading.delay, 6),
        **reading.more,
        **kernel,
    }


def _source(options: Options) -> Callable[[Options, Context], _Reading] | None:
    if options.get("server") is not None:
        return _of_time_server
    return _of_web_server if options.get("url") is not None else None


def _max_offset(options: Options) -> float:
    if options.get("max_offset") is not None:
        return float(options["max_offset"])
    return _MAX_OFFSET if options.get("server") is not None else _MAX_OFFSET_URL


def _kernel() -> Values:
    from .._core.kernel_clock import read_kernel_clock  # ctypes is seldom needed

    clock = read_kernel_clock()
    return {"synchronized": clock.synchronized, "max_error": clock.max_error}


def _of_time_server(options: Options, _context: Context) -> _Reading:
    answer = ask(options["server"], options["port"], options["timeout"])
    return _Reading(answer.ahead, answer.delay / 2, answer.delay, {"stratum": answer.stratum})


def _of_web_server(options: Options, context: Context) -> _Reading:
    """Take the header Date of any answer. It was cut to the second somewhere between our question and the answer."""
    deadline = time.monotonic() + options["timeout"]
    tls, use_proxy, url = Tls.from_options(options), options["use_proxy"], options["url"]
    check_url(url)
    client = context.shared((HttpClient, tls, use_proxy), lambda: HttpClient(tls, use_proxy))
    sent = time.time()
    left = max(0.001, deadline - time.monotonic())  # the library may have been loaded just now
    answer = client.send(Request(url, "HEAD", timeout=left, follow_redirects="none"))
    if answer.headers.get("age", "0") != "0":
        raise NotThere("the answer comes from a cache", on=without_user(url), advice="name a URL that nothing caches")
    server = _date(answer.headers.get("date", ""), without_user(url)) + _HEADER_RESOLUTION / 2
    ours = sent + answer.elapsed / 2
    return _Reading(ours - server, (_HEADER_RESOLUTION + answer.elapsed) / 2, answer.elapsed, {})


def _date(header: str, on: str) -> float:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError) as error:
        said = f"its Date is '{one_line(header, 40)}'" if header else "it has no header Date"
        raise NotThere("the web server does not tell the time", on=on, advice=said) from error


def conditions(options: Options) -> list[Condition]:
    """Expect the clock to be neither ahead nor behind by more than max_offset, and to be kept right or not as told."""
    wanted = options.get("synchronized")
    kept = [] if wanted is None else [Condition("synchronized", "eq", wanted)]
    if _source(options) is None:
        return kept
    most = _max_offset(options)
    return [*[Condition(path, "le", most, "s") for path in ("ahead", "behind")], *kept]
