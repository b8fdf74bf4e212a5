# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The errors that reach a user: one line that says what failed, on what, and what to do."""

from __future__ import annotations

from typing import Any


def printable(text: str, keep: str = "") -> str:
    """Return text with a blank for each character that does not show, ESC among them, but those to ``keep``."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in text)


def one_line(text: object, limit: int = 500) -> str:
    """Return text folded to one line of at most ``limit`` characters, without what a terminal would act upon.

    :param text: anything; servers and libraries like to answer in paragraphs.
    """
    folded = " ".join(printable(str(text)).split())
    return folded if len(folded) <= limit else folded[: limit - 3] + "..."


class OpsError(Exception):
    """Something could not be done. The only exception that operations raise on purpose.

    :param failed: what failed, starting lower-case: ``cannot read the length of the list``.
    :param on: what it was done to: a key, a host and port, a file.
    :param advice: what was expected or what to do about it.
    :param details: JSON-safe values that go into the module's result beside ``msg``.
    """

    def __init__(self, failed: str, on: str = "", advice: str = "", **details: Any) -> None:
        self.failed = one_line(failed)
        self.on = one_line(on)
        self.advice = one_line(advice)
        self.details = details
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.failed}: {self.on}" if self.on else self.failed
        return f"{text}; {self.advice}" if self.advice else text


class InputError(OpsError):
    """An option is wrong; nothing has been touched."""


class Unreachable(OpsError):
    """The other side did not answer: refused, timed out, unknown host, cut connection."""


class AccessDenied(OpsError):
    """The other side answered, and does not let us: wrong password, missing permission, TLS mistrust."""


class WrongType(OpsError):
    """A thing exists and is of another type than the option says."""


class NotThere(OpsError):
    """A thing that was named does not exist. Never to be read as "zero"."""


class NoEvidence(NotThere):
    """Whoever could tell of a thing does not, or cannot be believed: nothing is known of the thing itself."""


class MissingLibrary(OpsError):
    """A Python library that this work needs is not importable on the host where the module runs.

    :param package: the name to give to pip, for instance ``redis``.
    """

    def __init__(self, package: str, interpreter: str) -> None:
        self.package = package
        super().__init__(
            f"the Python library {package} is missing",
            on=interpreter,
            advice=f"install the package {package} there, or let the role day2.ops.bootstrap do it",
            missing_libraries=[package],
        )
