# Copyright (c) 2026 day2.ops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Letters, their filter, what they have in common, and how a run is remembered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.day2.ops.plugins.module_utils._core.errors import InputError, OpsError
from ansible_collections.day2.ops.plugins.module_utils._queues.call_size import CALL_BYTES, CallSize
from ansible_collections.day2.ops.plugins.module_utils._queues.journal import FileJournal, read_journal
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_filter import Filter
from ansible_collections.day2.ops.plugins.module_utils._queues.letter_summary import Summary
from ansible_collections.day2.ops.plugins.module_utils._queues.letters import Letter, Reader, digest
from ansible_collections.day2.ops.plugins.module_utils._queues.progress import Progress, exact, handed_on, picked_up
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_letters import beside
from ansible_collections.day2.ops.plugins.module_utils._queues.redis_payloads import GONE, Payloads
from ansible_collections.day2.ops.plugins.module_utils._queues.rules import Ruling
from ansible_collections.day2.ops.plugins.module_utils._queues.token_bucket import TokenBucket

NOW = 1_700_000_000.0


def test_a_letter_is_read_by_paths() -> None:
    body = json.dumps({"head": {"id": 7, "tries": "3"}, "why": {"kind": "Timeout"}, "at": 1_699_999_000_123, "x": [1]})
    paths = {"id": "head.id", "error": "why", "type": "why.kind", "failed_at": "at", "attempts": "head.tries"}
    letter = Reader(paths).letter(body.encode())
    assert (letter.id, letter.error, letter.type, letter.attempts) == ("7", '{"kind": "Timeout"}', "Timeout", 3)
    assert letter.failed_at == pytest.approx(1_699_999_000.123)
    assert letter.payload["x"] == [1]


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[" * 100_000, b""])
def test_a_body_that_is_not_json_makes_a_letter_with_a_fault(body: bytes) -> None:
    letter = Reader({"error": "error"}).letter(body)
    assert (letter.fault, letter.error, letter.id, letter.body) == ("not JSON", None, digest(body), body)


def test_without_paths_nothing_is_decoded_until_it_is_wanted() -> None:
    letter = Reader(None).letter(b"\xff")
    assert letter.fault == ""
    assert letter.payload is None
    assert letter.fault == "not JSON"


def test_what_a_path_does_not_lead_to_is_not_known() -> None:
    letter = Reader({"error": "a.b[2]", "attempts": "n", "failed_at": "t"}).letter(
        b'{"a": {"b": []}, "n": {}, "t": true}'
    )
    assert (letter.error, letter.attempts, letter.failed_at) == (None, None, None)


def test_a_path_to_many_values_is_refused() -> None:
    with pytest.raises(InputError, match=r"leads to many values: a\.\*"):
        Reader({"id": "a.*"})


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"error": "time"}, ""),
        ({"error": "^out"}, "filtered out"),
        ({"type": "charge"}, "not known whether it is meant"),
        ({"min_age": 60}, ""),
        ({"max_age": 60}, "filtered out"),
        ({"min_attempts": 3, "max_attempts": 3}, ""),
        ({"max_attempts": 2}, "filtered out"),
        ({"where": [{"path": "n", "op": "lt", "value": "10"}]}, ""),
        ({"where": [{"path": "n", "op": "gt", "value": 10}]}, "filtered out"),
        ({"where": [{"path": "lines.*.sku", "op": "eq", "value": "b"}]}, ""),
        ({"where": [{"path": "country", "op": "in", "value": ["DE", "FR"]}]}, ""),
        ({"where": [{"path": "nothing", "op": "eq", "value": 1}]}, "not known whether it is meant"),
        ({"error": "time", "where": [{"path": "country", "op": "matches", "value": "^F"}]}, "filtered out"),
    ],
)
def test_a_filter(given: dict[str, Any], refusal: str) -> None:
    body = {"n": 5, "country": "DE", "lines": [{"sku": "a"}, {"sku": "b"}]}
    letter = Letter(id="1", body=json.dumps(body).encode(), error="a timeout", attempts=3, failed_at=NOW - 120)
    assert Filter(given).refuses(letter, NOW) == refusal


def test_a_letter_that_cannot_be_read_is_not_meant_and_says_why() -> None:
    letter = Reader({"error": "error"}).letter(b"\xff")
    assert Filter({"error": "."}).refuses(letter, NOW) == "not known whether it is meant (not JSON)"
    assert not Filter(None)
    assert Filter(None).refuses(letter, NOW) == ""


@pytest.mark.parametrize(
    "given",
    [
        {"error": "("},
        {"where": [{"path": "a[", "op": "eq", "value": 1}]},
        {"where": [{"path": "a", "op": "matches", "value": "("}]},
        {"where": [{"path": "a", "op": "in", "value": "x"}]},
    ],
)
def test_a_filter_that_can_never_be_right_is_refused_at_once(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Filter(given)


def test_a_summary_counts_and_shows_samples_without_secrets() -> None:
    summary = Summary(2, show_payload=True, mask=["customer.mail", "lines.*.card"])
    body = {"customer": {"mail": "a@example.com"}, "lines": [{"card": 4111}], "password": "geheim", "n": "token=geheim"}
    for number in range(3):
        summary.see(Letter(id=str(number), body=json.dumps(body).encode(), error="password=geheim", attempts=3), NOW)
    summary.see(Letter(id="x", error="\x1b[31mbad\nline", failed_at=NOW - 90, gone="its payload is gone"), NOW)
    found = summary.as_dict()
    assert found["by_error"] == {"password=***": 3, "[31mbad line": 1}
    assert found["by_age"] == {"not known": 3, "under 1 hour": 1}
    assert found["by_attempts"] == {"3": 3, "not known": 1}
    assert found["gone"] == {"its payload is gone": 1}
    assert [sample["id"] for sample in found["samples"]] == ["0", "1"]
    assert json.loads(found["samples"][0]["payload"]) == {
        "customer": {"mail": "***"},
        "lines": [{"card": "***"}],
        "password": "***",
        "n": "token=***",
    }
    assert "geheim" not in json.dumps(found)


def test_a_summary_does_not_grow_with_the_letters() -> None:
    summary = Summary(0)
    for number in range(1000):
        summary.see(Letter(id="1", error=f"error {number}"), NOW)
    by_error = summary.as_dict()["by_error"]
    assert len(by_error) == 51
    assert next(iter(by_error.items())) == ("others", 950)


def test_a_journal_tells_where_a_run_stands(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = FileJournal(str(path))
    progress = Progress(run="a", moved=2, position={"left": 3})
    journal.done(Progress(run="a"))
    journal.intend(
        [Letter("1", b"x"), Letter("2", b"secret"), Letter("3")], [Ruling("move"), Ruling("park"), Ruling("keep")]
    )
    assert read_journal(str(path)).open_ids == ["1", "2"]
    journal.done(progress)
    journal.close()
    found = read_journal(str(path))
    assert (found.progress, found.open_ids) == (progress, [])
    assert b"secret" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_whose_last_line_is_cut_in_half(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = FileJournal(str(path))
    journal.done(Progress(run="a", moved=1))
    journal.close()
    with path.open("ab") as stream:
        stream.write(b'{"event":"do')
    found = read_journal(str(path)).progress
    assert found is not None
    assert found.moved == 1


@pytest.mark.parametrize("line", ["x", "{}", '{"event":"done"}', '{"event":"done","progress":{"version":9}}', "[1]"])
def test_what_is_no_journal_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal"
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="journal"):
        read_journal(str(path))


def test_a_journal_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot write the journal: No such file or directory"):
        FileJournal(str(tmp_path / "no" / "journal"))


def test_progress_is_picked_up_as_it_was() -> None:
    progress = Progress(run="a", dead_at_start=9, moved=4, skipped={"filtered out": 2}, canary=True)
    assert picked_up(json.loads(json.dumps(progress.as_dict())), "continue_from") == progress
    with pytest.raises(InputError, match="continue_from is not the progress of a run"):
        picked_up({"run": "a"}, "continue_from")


def test_progress_is_picked_up_from_a_result_that_was_masked() -> None:
    progress = Progress(run="ab1998", dead_at_start=1998, moved=1998, seconds=0.1998, position={"left": 1998})
    masked = remove_values(handed_on(progress), {"1998"})
    assert (masked["run"], masked["moved"]) == ("ab********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
    assert picked_up(masked, "continue_from") == progress
    assert exact(masked) == progress.as_dict()
    with pytest.raises(InputError, match="continue_from is not the progress of a run"):
        picked_up({**masked, "exact": "********"}, "continue_from")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run", ""),
        ("dead_at_start", "9"),
        ("looked", None),
        ("moved", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"),
        ("parked", -1),
        ("skipped", {"filtered out": "********"}),
        ("parked_for", []),
        ("returned", True),
        ("queue", 7),
        ("canary", 1),
        ("canary_ids", [7]),
        ("base", {"dead": 1}),
        ("seconds", "1.5"),
        ("seconds", float("nan")),
        ("position", "********"),
        ("pace", {"allowance": 1.0}),
    ],
)
def test_progress_that_is_damaged_is_refused_with_the_name_of_what_is(name: str, value: Any) -> None:
    given = {**Progress(run="a").as_dict(), name: value}
    with pytest.raises(InputError, match=f"continue_from is not the progress of a run, as its {name} is damaged; give"):
        picked_up(given, "continue_from")


def test_calls_grow_while_they_are_quick_and_shrink_when_they_are_slow() -> None:
    size = CallSize(0.001)
    for _call in range(20):
        size.learn(size.items, size.items * 4e-6, size.items * 1000)
    assert 200 <= size.items <= 250
    for _call in range(40):
        size.learn(size.items, size.items * 4e-5, size.items * 1000)
    assert 20 <= size.items <= 30


def test_large_items_go_one_by_one() -> None:
    size = CallSize()
    size.learn(4, 0.1, 4 * 64_000_000)
    assert size.items == 1
    assert size.bytes == CALL_BYTES


def test_a_bucket_does_not_make_up_for_a_pause() -> None:
    class Clock:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        def time(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    clock = Clock()
    bucket = TokenBucket(100.0, clock)
    bucket.spend(1)
    clock.now += 60.0
    assert bucket.wait() == 10
    bucket.spend(10)
    assert bucket.wait() == 1
    assert clock.now == pytest.approx(60.01)
    assert TokenBucket(None, clock).wait() is None
    with pytest.raises(InputError):
        TokenBucket(0.0, clock)


def test_keys_beside_another_stay_in_its_slot() -> None:
    assert beside("orders:dead", "day2:run:a", in_cluster=False) == "orders:dead:day2:run:a"
    assert beside("orders:dead", "day2:run:a", in_cluster=True) == "{orders:dead}:day2:run:a"
    assert beside("{orders}:dead", "day2:run:a", in_cluster=True) == "{orders}:dead:day2:run:a"


def test_a_payload_is_looked_for_by_the_letters_id_or_by_its_whole_body() -> None:
    asked: list[Any] = []

    def ask(*commands: Any) -> list[int]:
        asked.extend(commands)
        return [1, 0]

    letters = [Letter("7", b"{}"), Letter(digest(b"uuid"), b"uuid", named=False)]
    Payloads("order:{id}:body").checked(letters, ask)
    assert asked == [("EXISTS", b"order:7:body"), ("EXISTS", b"order:uuid:body")]
    assert [letter.gone for letter in letters] == ["", GONE]
    with pytest.raises(InputError, match="payload_key names no letter: order"):
        Payloads("order")


def test_a_journal_whose_run_is_over_leaves_nothing_to_resume(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = FileJournal(str(path))
    journal.done(Progress(run="a", moved=1))
    journal.intend([Letter("1")], [Ruling("move")])
    journal.end("canary")
    journal.close()
    found = read_journal(str(path))
    assert (found.progress, found.open_ids) == (None, [])


def test_a_journal_goes_on_behind_a_line_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"event":"do')
    journal = FileJournal(str(path))
    journal.done(Progress(run="a", moved=7))
    journal.close()
    found = read_journal(str(path)).progress
    assert found is not None
    assert found.moved == 7


@pytest.mark.parametrize("path", ["lines[-1].card", "lines[1].card", "lines.card", "lines.1.card", 'lines."card"'])
def test_a_mask_of_the_last_entry_of_a_list_or_of_each(path: str) -> None:
    shown = sample({"lines": [{"sku": 1, "card": 4110}, {"sku": 2, "card": 4111}]}, path)
    assert "4111" not in shown
    assert '"sku": 2' in shown
    assert ("4110" in shown) == ("1" in path)


def test_a_mask_of_a_name_that_is_a_number() -> None:
    assert json.loads(sample({"m": {"0": {"card": 4111}, "1": {"card": 1}}}, "m[0].card")) == {
        "m": {"0": {"card": "***"}, "1": {"card": 1}}
    }


def test_a_mask_through_lists_of_lists() -> None:
    assert json.loads(sample({"a": [[{"card": 4111}], {"card": 4112}]}, "a.card")) == {
        "a": [[{"card": "***"}], {"card": "***"}]
    }


def sample(payload: Any, *mask: str) -> str:
    """Return how a sample shows the payload."""
    summary = Summary(1, show_payload=True, mask=mask)
    summary.see(Letter("1", json.dumps(payload).encode()), NOW)
    return str(summary.as_dict()["samples"][0]["payload"])
