# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""HTTP by requests, with bounds on time, size and redirects that requests itself does not have.

What people are told goes by ``plain_http``, as they must be told where requests is missing, too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from .errors import AccessDenied, InputError, OpsError, Unreachable, one_line
from .libraries import load
from .secrets import is_secret_name

if TYPE_CHECKING:
    import requests

MAX_REDIRECTS = 5
MAX_BYTES = 1 << 20
_REDIRECTS = (301, 302, 303, 307, 308)
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_PIECE = 1 << 16


@dataclass(frozen=True)
class Tls:
    """How to trust the other side, and who we are. Paths are those of the host where the module runs."""

    validate: bool = True
    ca_certs: str | None = None
    client_cert: str | None = None
    client_key: str | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Tls:
        """Take the options of ``argspec.TLS``."""
        return cls(
            bool(options.get("validate_certs", True)),
            options.get("ca_certs"),
            options.get("client_cert"),
            options.get("client_key"),
        )


@dataclass(frozen=True)
class Request:
    """What to ask for. ``timeout`` in seconds for the whole exchange; ``max_bytes`` bounds the answer's body.

    ``follow_redirects`` is ``none``, ``same_host`` (scheme, host and port of the first URL) or ``all``. A redirect is
    followed for GET, HEAD and OPTIONS only, five times at most.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout: float = 10.0
    max_bytes: int = MAX_BYTES
    follow_redirects: str = "same_host"


@dataclass(frozen=True)
class Response:
    """What came back: lower-case header names, the body whole, ``elapsed`` in seconds until its last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float
    url: str

    def text(self) -> str:
        """Return the body as text, undecodable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as a JSON value.

        :raises OpsError: the body is empty or is not JSON.
        """
        if not self.body.strip():
            said = f"the answer has status {self.status} and no body"
            raise OpsError(said, on=without_user(self.url), advice="JSON was expected")
        try:
            return json.loads(self.body)
        except ValueError as error:
            begins = one_line(self.text(), 40)
            raise OpsError(
                "the answer is not JSON", on=without_user(self.url), advice=f"it begins with '{begins}'"
            ) from error


@dataclass(frozen=True)
class Stream:
    """An answer that is still to be read. ``pieces`` yields its body and raises what :meth:`HttpClient.send` does."""

    status: int
    headers: Mapping[str, str]
    url: str
    pieces: Iterator[bytes]


class TooLarge(OpsError):
    """The answer is larger than ``max_bytes``, and was not read further."""


def check_url(url: str) -> None:
    """Refuse what cannot be asked for safely, before anything is sent.

    :raises InputError: not http or https, no host, a bad port, or a user and password inside the URL.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InputError("not a usable URL", on=_masked(url), advice="expected http(s)://host[:port]/path")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "the URL holds a user or password", on=without_user(url), advice="give url_username and url_password"
        )


def _masked(url: str) -> str:
    """Return what may be shown of a URL that cannot be taken apart: nothing before an ``@``, no query."""
    return one_line(url.rpartition("@")[2].partition("?")[0], 100)


def without_user(url: str) -> str:
    """Return ``url`` less its user part and its query, fit for a message."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class HttpClient:
    """Connections that are reused between requests, from several threads too; no cookies, no netrc."""

    def __init__(self, tls: Tls = Tls(), use_proxy: bool = True) -> None:
        """:raises MissingLibrary: requests is not there."""
        requests_library = load("requests")
        cookies = load("http.cookiejar")
        session: requests.Session = requests_library.Session()
        session.trust_env = False  # it would take passwords from ~/.netrc and CA files from the environment
        session.cookies.set_policy(cookies.DefaultCookiePolicy(allowed_domains=[]))
        session.verify = (tls.ca_certs or True) if tls.validate else False
        if tls.client_cert and tls.client_key:
            session.cert = (tls.client_cert, tls.client_key)
        session.headers.update({"Accept-Encoding": "identity", "User-Agent": "day2.ops"})
        adapter = requests_library.adapters.HTTPAdapter(pool_maxsize=32)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        self._session = session
        # by URL, as NO_PROXY leaves hosts out
        self._proxies = requests_library.utils.get_environ_proxies if use_proxy else _no_proxies
        self._exceptions = requests_library.exceptions
        if not tls.validate:
            load("urllib3").disable_warnings()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._session.close()

    def send(self, request: Request) -> Response:
        """Send ``request``, follow what redirects it allows, read the whole answer.

        :raises InputError: the URL. :raises Unreachable: no answer in time. :raises AccessDenied: TLS.
        :raises OpsError: a redirect that is not allowed. :raises TooLarge: an answer larger than ``max_bytes``.
        """
        started = time.monotonic()
        with self.open(request) as answer:
            body = b"".join(answer.pieces)
            return Response(answer.status, answer.headers, body, time.monotonic() - started, answer.url)

    @contextmanager
    def open(self, request: Request) -> Iterator[Stream]:
        """Send ``request`` as :meth:`send` does, and leave it to the caller to read the answer piece by piece.

        :raises OpsError: or one of its kinds, as :meth:`send` does.
        """
        check_url(request.url)
        if not (request.method.isascii() and request.method.isalpha()):
            raise InputError("not a method of HTTP", on=request.method, advice="expected GET, POST or the like")
        deadline = time.monotonic() + request.timeout
        url = request.url
        for _hop in range(MAX_REDIRECTS + 1):
            answer = self._ask(request, url, deadline)
            with answer:
                target = _redirect_target(request, url, answer)
                if target is None:
                    headers = {name.lower(): value for name, value in answer.headers.items()}
                    yield Stream(answer.status_code, headers, url, self._read(request, answer, deadline))
                    return
            url = target
        raise OpsError(f"redirected more than {MAX_REDIRECTS} times", on=without_user(request.url))

    def _ask(self, request: Request, url: str, deadline: float) -> requests.Response:
        left = deadline - time.monotonic()
        if left <= 0:
            raise _late(request)
        try:
            return self._session.request(
                request.method,
                url,
                headers=_headers_for(request, url),
                data=request.body,
                proxies=self._proxies(url),
                timeout=left,
                stream=True,
                allow_redirects=False,
            )
        except self._exceptions.RequestException as error:
            raise self._explain(error, request, url) from error
        except OSError as error:  # a CA file or client certificate that cannot be read
            raise InputError(one_line(error), on=without_user(url)) from error
        except ValueError as error:  # header names and values that http.client refuses
            raise _unsendable(url) from error

    def _read(self, request: Request, answer: requests.Response, deadline: float) -> Iterator[bytes]:
        """Read the body in what pieces arrive, so that neither a drip nor a flood outlasts the bounds."""
        declared = answer.headers.get("Content-Length", "")
        if request.method != "HEAD" and declared.isdigit() and int(declared) > request.max_bytes:
            raise _large(request)
        size = 0
        read = getattr(answer.raw, "read1", answer.raw.read)
        while True:
            try:
                piece: bytes = read(_PIECE, decode_content=True)
            except (load("urllib3").exceptions.HTTPError, OSError) as error:
                raise self._explain(error, request, answer.url) from error
            if not piece:
                return
            size += len(piece)
            if size > request.max_bytes:
                raise _large(request)
            if time.monotonic() > deadline:
                raise _late(request)
            yield piece

    def _explain(self, error: Exception, request: Request, url: str) -> OpsError:
        """Turn the library's error into ours; its own text is a stack of class names."""
        known = self._exceptions
        reason = innermost_reason(error)
        if isinstance(error, known.Timeout) or "timed out" in reason:
            return _late(request)
        if isinstance(error, known.ProxyError):
            return Unreachable(
                f"no answer by way of the proxy ({reason})", on=without_user(url), advice="see use_proxy"
            )
        if isinstance(error, known.SSLError):
            at_fault = OpsError if "expired" in reason else AccessDenied  # whom we trust does not matter any more then
            return at_fault(f"TLS failed ({reason})", on=without_user(url), advice="see ca_certs, validate_certs")
        if isinstance(error, known.InvalidHeader):
            return _unsendable(url)
        if isinstance(error, (known.InvalidURL, known.InvalidSchema)):
            return InputError(f"the request cannot be sent ({reason})", on=without_user(url))
        return Unreachable(f"no answer ({reason})", on=without_user(url))


def _no_proxies(_url: str) -> dict[str, str]:
    return {}


def _headers_for(request: Request, url: str) -> dict[str, str]:
    """Return the headers to send to ``url``: those that hold a secret go to the host that was named, to no other."""
    if _origin(url) == _origin(request.url):
        return dict(request.headers)
    return {name: value for name, value in request.headers.items() if not is_secret_name(name)}


def _unsendable(url: str) -> InputError:
    """Explain what HTTP does not allow, without the value of a header, which may be a secret."""
    return InputError(
        "the host's name or a header is not allowed in HTTP",
        on=without_user(url),
        advice="headers have no line breaks, no spaces at their ends, Latin-1 only",
    )


def _late(request: Request) -> Unreachable:
    return Unreachable(f"no complete answer within {request.timeout:.3g} s", on=without_user(request.url))


def _large(request: Request) -> TooLarge:
    return TooLarge(
        f"the answer is larger than {request.max_bytes} bytes",
        on=without_user(request.url),
        advice="raise max_bytes if that is expected",
    )


def innermost_reason(error: BaseException) -> str:
    """Return the text of the error at the bottom of a chain of wrappers: what the system or OpenSSL said."""
    seen: list[BaseException] = []
    current: object = error
    while isinstance(current, BaseException) and current not in seen:
        seen.append(current)
        inner = getattr(current, "reason", None)
        current = inner if isinstance(inner, BaseException) else _wrapped(seen[-1])
    last = seen[-1]
    text = getattr(last, "verify_message", None) or getattr(last, "strerror", None) or str(last)
    return one_line(text or type(last).__name__)


def _wrapped(error: BaseException) -> object:
    """Return the error that ``error`` carries as its argument or its cause, if any."""
    for argument in error.args:
        if isinstance(argument, BaseException):
            return argument
    return error.__cause__ or error.__context__


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def _redirect_target(request: Request, url: str, answer: requests.Response) -> str | None:
    """Return where to go next, or None when this answer is the one to read.

    :raises OpsError: the answer points to another host and that is not allowed.
    """
    location = answer.headers.get("Location")
    followed = request.follow_redirects != "none" and request.method.upper() in _SAFE_METHODS
    if answer.status_code not in _REDIRECTS or not location or not followed:
        return None
    target = urljoin(url, location)
    check_url(target)
    if request.follow_redirects == "same_host" and _origin(target) != _origin(request.url):
        raise OpsError(
            f"redirected to another host, {without_user(target)}",
            on=without_user(request.url),
            advice="name that URL itself, or allow it with follow_redirects=all",
        )
    return target
