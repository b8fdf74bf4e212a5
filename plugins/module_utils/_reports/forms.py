# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note: private to the collection day2.ops; not covered by its semantic versioning.
"""The forms that a report is written in: each a function of the report behind one small table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .model import Report


@dataclass(frozen=True)
class Form:
    """One way to write a report.

    :param ending: of the files' names.
    :param text: makes the file's whole content.
    :param dated: whether each report has a file of its own; one that is read under its stable name alone has not.
    """

    ending: str
    text: Callable[[Report], str]
    dated: bool = True


def _json(report: Report) -> str:
    from .as_json import document

    return document(report)


def _html(report: Report) -> str:
    from .html import page

    return page(report)


def _markdown(report: Report) -> str:
    from .markdown import document

    return document(report)


def _prometheus(report: Report) -> str:
    from .prometheus import exposition

    return exposition(report)


def _junit(report: Report) -> str:
    from .junit import document

    return document(report)


FORMS: Mapping[str, Form] = {
    "json": Form("json", _json),
    "html": Form("html", _html),
    "markdown": Form("md", _markdown),
    # node_exporter reads every .prom of a folder and refuses a series that stands in two of them
    "prometheus": Form("prom", _prometheus, dated=False),
    "junit": Form("xml", _junit),
}
