# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""Kind dns: a name resolves, to what is expected, quickly enough.

The host's own resolver is asked by the standard library; a name server that is named is asked with dnspython, as the
protocol with its compression, truncation and forged answers is not to be written once more.
"""

from __future__ import annotations

from collections.abc import Sequence

from .._core.argspec import ArgSpec
from .._core.errors import InputError, one_line
from .._core.host_resolver import FAMILIES, HostResolver
from .._core.name_server import ask
from .._core.option_types import ip_address, port_number
from .base import FAIL, Condition, Context, Options, Values
from .limits import MAX_LATENCY, limit_conditions, limits_spec

LIMITS = (MAX_LATENCY,)

_ONLY_BY_SERVER = ("CNAME", "MX", "NS", "PTR", "SRV", "TXT")

SPEC = ArgSpec(
    options={
        "host": {"type": "str", "required": True},
        "type": {"type": "str", "default": "A", "choices": [*FAMILIES, *_ONLY_BY_SERVER]},
        "server": {"type": ip_address},
        "port": {"type": port_number, "default": 53},
        "expected": {"type": "list", "elements": "str", "default": []},
        "match": {"type": "str", "default": "all", "choices": ["all", "any", "exact"]},
    },
    required_if=[("type", kind, ("server",)) for kind in _ONLY_BY_SERVER],
) + limits_spec(LIMITS)
LIBRARIES: Sequence[str] = ()

_SHOWN = 50


def probe(options: Options, context: Context) -> Values:
    """Resolve once; return answers (sorted, the first 50), count, latency (s) and, of a server, ttl (s).

    With expected, also matched (the first answer that is expected, or null) and unexpected (answers that are not).

    :raises Unreachable: no name server answers. :raises OpsError: no such name or record, or the server fails.
    :raises AccessDenied: the server refuses us. :raises MissingLibrary: dnspython, with server.
    :raises InputError: not a name, or expected holds what no such record is.
    """
    expected = _expected(options)
    records, more = _ask_server(options) if options.get("server") else _ask_host(options, context)
    answers = sorted({_usual(record, options["type"]) for record in records})
    told = {
        "matched": next((answer for answer in answers if answer in expected), None),
        "unexpected": [answer for answer in answers if answer not in expected][:_SHOWN],
    }
    return {
        "answers": answers[:_SHOWN],
        "count": len(answers),
        **more,
        **(told if expected else {}),
        "_answers": answers,
    }


def _ask_host(options: Options, context: Context) -> tuple[list[str], Values]:
    resolver = context.shared(HostResolver, HostResolver)
    records, seconds = resolver.resolve(options["host"], options["type"], options["timeout"])
    return records, {"latency": round(seconds, 4)}


def _ask_server(options: Options) -> tuple[list[str], Values]:
    answer = ask(options["server"], options["port"], options["host"], options["type"], options["timeout"])
    return answer.records, {"latency": round(answer.seconds, 4), "ttl": answer.ttl}


def _expected(options: Options) -> list[str]:
    """Return what is expected in the form that answers have.

    :raises InputError: an address is expected, and that is none.
    """
    wanted = [_usual(text, options["type"]) for text in options["expected"]]
    if options["type"] in FAMILIES:
        for text in wanted:
            try:
                ip_address(text)
            except ValueError as error:
                raise InputError("expected holds what is no IP address", on=one_line(text, 100)) from error
    return wanted


def _usual(text: str, kind: str) -> str:
    """Return a record in the one form in which records are compared."""
    if kind in FAMILIES:
        try:
            return ip_address(text)
        except ValueError:
            return text
    return text if kind == "TXT" else text.rstrip(".").lower()


def conditions(options: Options) -> list[Condition]:
    """Expect all, any or exactly the records given, and hold the latency; without them, an answer is proof enough."""
    wanted = [_usual(text, options["type"]) for text in options["expected"]]
    each = [Condition("_answers", "contains", one) for one in wanted]
    none = f"none of {', '.join(wanted)} is among the answers"
    ways = {
        "all": each,
        "any": [Condition("matched", "in", wanted, null_means=none, null_is=FAIL)],
        "exact": [*each, Condition("unexpected", "eq", [])],
    }
    return [*(ways[options["match"]] if wanted else []), *limit_conditions(LIMITS, options)]
