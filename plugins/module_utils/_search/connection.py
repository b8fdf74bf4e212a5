# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""How Elasticsearch and OpenSearch are reached, by requests: the nodes in turn, who we are, bounds, errors in a line.

The products' own clients are no help: each refuses to talk to the other product, and each major version of them to
servers of another one.
"""

from __future__ import annotations

import base64
import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from .._core.argspec import TLS, ArgSpec, secret
from .._core.errors import InputError, OpsError, Unreachable
from .._core.http import HttpClient, Request, Response, Tls, TooLarge, check_url, without_user
from .._core.http_options import address_under
from .._core.secrets import resolve
from .answers import Answer, shortened, understood
from .product import Product, product_of
from .signing import SIGNING, Signer

SPEC = (
    ArgSpec(
        options={
            "url": {"type": "list", "elements": "str", "required": True},
            "login_user": {"type": "str"},
            "aws": {"type": "dict", "options": SIGNING.options, "mutually_exclusive": SIGNING.mutually_exclusive},
            "use_proxy": {"type": "bool", "default": True},
            "timeout": {"type": "float", "default": 30.0},
        },
        mutually_exclusive=[
            (way, other)
            for way in ("api_key", "api_key_file", "api_key_env")
            for other in ("login_password", "login_password_file", "login_password_env", "aws")
        ],
        required_by={f"login_password{way}": ["login_user"] for way in ("", "_file", "_env")},
    )
    + secret("login_password")
    + secret("api_key")
    + TLS
)
# An answer is never larger: what lists many things is asked for in parts, or for the fields that are wanted.
_MAX_BYTES = 8 << 20
_READS = ("GET", "HEAD")
_JSON = {"Content-Type": "application/json"}


class Client:
    """A cluster, through whichever of its nodes answers. What reads goes to the next node when one does not answer.

    What changes something goes to one node alone: when that does not answer, nobody knows whether it was done, which
    the caller must look up before it is tried again.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Take options that ``SPEC`` has validated. Nothing is sent.

        :raises InputError: no usable URL, a bound that is none, a secret that cannot be read.
        :raises MissingLibrary: requests or, with ``aws``, boto3 is not there.
        """
        self._urls = _usable(options["url"])
        self._timeout = _positive("timeout", options["timeout"])
        self._headers = _login(options)
        self._signer = Signer(options["aws"]) if options.get("aws") else None
        self._http = HttpClient(Tls.from_options(options), bool(options["use_proxy"]))
        self._product: Product | None = None
        self._end = math.inf

    def bound(self, seconds: float) -> None:
        """Let all questions from now on together take no longer than that."""
        self._end = time.monotonic() + seconds

    @property
    def where(self) -> str:
        """The node that is asked, fit for a message."""
        return self._urls[0]

    @property
    def timeout(self) -> float:
        """Seconds that a question may take, unless it says otherwise."""
        return self._timeout

    @property
    def product(self) -> Product:
        """What runs there, asked once. :raises OpsError: nobody answers; it is something else."""
        if self._product is None:
            self._product = product_of(self.ask("GET", "/"), self.where)
        return self._product

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        within: float | None = None,
    ) -> Any:
        """Return the JSON of a good answer.

        :param path: its parts must be quoted, see :func:`part`. :param body: sent as JSON. :param within: seconds for
            this question, instead of the option ``timeout``.
        :raises Unreachable: nobody answers in time. :raises AccessDenied: the login, TLS. :raises NotThere: status 404.
        :raises InputError: status 400. :raises OpsError: another bad answer, or one that is not JSON.
        """
        return self.tried(method, path, query, body, within).result()

    def tried(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        within: float | None = None,
    ) -> Answer:
        """Return the answer whatever it says, for who wants to tell apart what went wrong. See :meth:`ask`.

        :raises OpsError: there is none.
        """
        deadline = min(time.monotonic() + (within or self._timeout), self._end)
        reads = method in _READS or path.rstrip("/").endswith("/_search")
        tries = len(self._urls) if reads else 1
        for number in range(tries):
            left = max(deadline - time.monotonic(), 0.001)
            try:
                return understood(self._send(method, path, query, body, left / (tries - number)))
            except Unreachable as error:
                last = error
                self._urls.append(self._urls.pop(0))  # the next question goes to the next node
        if tries == 1:
            raise last
        raise Unreachable(f"none of {tries} nodes answers; the last: {last.failed}", on=last.on)

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any, seconds: float) -> Response:
        url = address_under(self.where, path, _written(query))
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, **(_JSON if data is not None else {})}
        if self._signer is not None:
            headers = self._signer.signed(method, url, headers, data)
        request = Request(url, method, headers=headers, body=data, timeout=seconds, max_bytes=_MAX_BYTES)
        try:
            return self._http.send(request)
        except TooLarge as error:
            raise TooLarge(error.failed, on=shortened(error.on), advice="ask for less at once") from error
        except OpsError as error:
            error.on = shortened(error.on)
            raise

    def close(self) -> None:
        """Give the connections back."""
        self._http.__exit__()


@contextmanager
def connected(options: Mapping[str, Any]) -> Iterator[Client]:
    """Give a client of the cluster that ``options`` name. :raises OpsError: see :class:`Client`."""
    client = Client(options)
    try:
        yield client
    finally:
        client.close()


def part(name: str) -> str:
    """Return a name as a part of a path; commas and ``*`` of patterns stay."""
    return quote(name, safe="*,")


def _usable(urls: list[str]) -> list[str]:
    if not urls:
        raise InputError("url is empty", advice="expected the address of at least one node")
    for url in urls:
        _refuse_login(url)
        check_url(url)
    return [url.rstrip("/") for url in urls]


def _refuse_login(url: str) -> None:
    """Refuse an address with a user in it, by the names that our own options have."""
    try:
        inside = urlsplit(url).username is not None
    except ValueError:
        return
    if inside:
        raise InputError("url holds a user or password", on=without_user(url), advice="see login_user, login_password")


def _positive(name: str, seconds: float) -> float:
    if not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"{name} is {seconds:g}", advice="expected seconds, more than 0")
    return seconds


def _login(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the header that says who we are. :raises InputError: the secret cannot be read, or belongs to nobody."""
    key = resolve(options, "api_key")
    if key is not None:
        # the id and the key as the server's interface shows them, or both in the encoded form that it gives as well
        return {"Authorization": f"ApiKey {_encoded(key) if ':' in key else key}"}
    user, password = options.get("login_user"), resolve(options, "login_password")
    if user is None:
        return {}
    if options.get("aws"):
        raise InputError("both login_user and aws are given", advice="a request is signed or has a login")
    return {"Authorization": f"Basic {_encoded(f'{user}:{password or str()}')}"}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _written(query: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return names and values as the servers read them: ``true``, not ``True``; without those that are None."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
