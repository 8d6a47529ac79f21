"""Whatever is done to the log is found, and the entry named (R8). The log is exported to lines first, as it would leave the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, seal
from sekisho.domain.audit.entry import mac_input, payload_hash
from sekisho.domain.audit.head import sign
from sekisho.domain.audit.lines import entry_line, head_line, read_entry, read_head
from sekisho.flows.export_audit import export_lines, stored_rows
from sekisho.flows.seal_audit import publish_head
from sekisho.flows.verify_audit import Fault, Report, Unreadable, verify_log
from tests.fakes.audit_log import NOW, Key, MemorySink, happen, sealing

KEY = Key()


def log_and_heads():
    """Twelve sealed entries, four heads at 3, 6, 9 and 11; the last entry sealed but uncovered."""
    sink = MemorySink()
    deps = sealing(sink)
    for minute, count in enumerate((3, 3, 3, 2)):
        happen(deps, count, NOW + timedelta(minutes=minute))
        publish_head(NOW + timedelta(minutes=minute), deps)
    happen(deps, 1, NOW + timedelta(minutes=5))
    log = deps.storage.audit
    log.place(seal(log.last_position(), log.waiting))
    return list(stored_rows(log)), sink.heads


ROWS, HEADS = log_and_heads()


def check(rows=ROWS, heads=HEADS, key=KEY, mac=None, start=ORIGIN) -> Report:
    return verify_log(start, rows, heads, key.authentic, mac)


def first(report: Report):
    assert not report.ok
    return report.findings[0]


def linked(entries) -> list[SealedEntry]:
    """A chain made anew over these entries: links need no key."""
    return [SealedEntry(e, p.position, p.link) for e, p in zip(entries, seal(ORIGIN, entries), strict=True)]


def forged(entry, **changed):
    """An entry changed by one who holds the audit key."""
    entry = replace(entry, **changed)
    entry = replace(entry, payload_hash=payload_hash(entry))
    return replace(entry, mac=KEY.mac(mac_input(entry)).hex())


def test_an_untouched_log_is_whole():
    report = check(mac=KEY.mac)
    assert report.ok and report.entries == 12 and report.heads == 4 and report.uncovered == 1 and report.unsealed == 0
    assert check([], []).ok


def test_an_export_reads_back():
    deps = sealing()
    happen(deps, 3)
    publish_head(NOW, deps)
    happen(deps, 1)
    lines = list(export_lines(deps.storage.audit))
    report = check(map(read_entry, lines[1:]), deps.storage.audit.all_heads)
    assert report.ok and report.entries == 3 and report.unsealed == 1 and report.uncovered == 1


def read_or_not(number, line):
    try:
        return read_entry(line)
    except ValueError as error:
        return Unreadable(number, str(error))


@given(st.data())
def test_any_changed_byte_is_found_and_the_entry_named(data):
    index = data.draw(st.integers(0, len(ROWS) - 1))
    line = entry_line(ROWS[index])
    at = data.draw(st.integers(0, len(line) - 1))
    other = chr(data.draw(st.integers(0, 127).filter(lambda code: chr(code) != line[at])))
    rows = [*ROWS[:index], read_or_not(index + 2, line[:at] + other + line[at + 1 :]), *ROWS[index + 1 :]]
    found = first(check(rows))
    changed = rows[index]
    if isinstance(changed, SealedEntry) and changed.position != index + 1:  # its position was changed: the gap it leaves is named
        assert index + 1 in {found.position, found.position + 1} or found.entry == changed.entry.id
    else:
        assert found.position == index + 1
        assert found.entry == (changed.entry.id if isinstance(changed, SealedEntry) else None)


@given(st.integers(0, 10))
def test_a_removed_entry_is_found(index):
    found = first(check([*ROWS[:index], *ROWS[index + 1 :]]))
    assert (found.fault, found.position) == (Fault.MISSING, index + 1)
    assert ROWS[index + 1].entry.id in found.detail


@given(st.integers(0, 11), st.integers(0, 11))
def test_swapped_rows_and_swapped_entries_are_found(one, other):
    if one == other:
        return
    rows = list(ROWS)
    rows[one], rows[other] = rows[other], rows[one]
    assert first(check(rows)).position == min(one, other) + 1  # rows moved with their positions
    rows = [replace(row, position=p, link=ROWS[p - 1].link) for p, row in enumerate(rows, 1)]
    found = first(check(rows))  # entries exchanged under the same positions
    assert (found.fault, found.position) == (Fault.BROKEN_LINK, min(one, other) + 1)
    assert found.entry == ROWS[max(one, other)].entry.id


@given(st.integers(0, 11), st.integers(0, 11))
def test_an_inserted_entry_is_found(source, at):
    copy = replace(ROWS[source], position=at + 1)
    found = first(check([*ROWS[:at], copy, *ROWS[at:]]))
    if copy == ROWS[at]:  # a line twice: the second is one too many
        assert (found.fault, found.position) == (Fault.OUT_OF_ORDER, at + 1)
    else:
        assert (found.fault, found.position, found.entry) == (Fault.BROKEN_LINK, at + 1, copy.entry.id)


@given(st.integers(0, 10), st.sampled_from(["removed", "inserted", "swapped"]))
def test_a_chain_linked_anew_differs_from_the_next_head(index, what):
    entries = [row.entry for row in ROWS]
    if what == "removed":
        del entries[index]
    elif what == "inserted":
        entries.insert(index, forged(entries[index], id="adt_" + "0" * 26))
    elif index < 10:
        entries[index], entries[index + 1] = entries[index + 1], entries[index]
    else:
        del entries[index]
    report = check(linked(entries))
    assert not report.ok
    faults = {f.fault for f in report.findings}
    assert faults <= {Fault.HEAD_DIFFERS, Fault.TAIL_CUT}


@pytest.mark.parametrize(("kept", "gone_from", "head_position"), [(10, 11, 11), (9, 10, 11), (4, 5, 11), (0, 1, 11)])
def test_a_cut_tail_is_found_against_the_heads(kept, gone_from, head_position):
    found = first(check(ROWS[:kept]))
    assert (found.fault, found.position, found.head) == (Fault.TAIL_CUT, gone_from, 4)
    assert f"position {head_position}" in found.detail and f"ends at {kept}" in found.detail


def test_what_no_head_covers_is_counted_not_hidden():
    assert check(ROWS, HEADS[:2]).uncovered == 6
    assert check(ROWS, []).uncovered == 12
    report = check(ROWS[:11])
    assert report.ok and report.uncovered == 0  # the twelfth had no witness yet


def test_a_log_signed_again_with_the_stolen_key_differs_from_the_exported_heads():
    entries = [row.entry for row in ROWS]
    entries[4] = forged(entries[4], reason="nothing_happened")
    rows = linked(entries)
    signed = [sign(replace(head, link=rows[head.position - 1].link), KEY.key_id, KEY.sign) for head in HEADS]
    assert check(rows, signed, mac=KEY.mac).ok  # in itself it is perfect
    found = first(check(rows, mac=KEY.mac))
    assert (found.fault, found.head, found.position) == (Fault.HEAD_DIFFERS, 2, 6)
    assert "positions 4 to 6" in found.detail and "exported head 2" in found.detail


def test_a_wrong_mac_is_named_where_the_key_is_at_hand():
    entries = [row.entry for row in ROWS]
    entries[11] = replace(entries[11], mac="00" * 32)
    rows = linked(entries)
    assert check(rows).ok  # uncovered, and without the key
    found = first(check(rows, mac=KEY.mac))
    assert (found.fault, found.position, found.entry) == (Fault.WRONG_MAC, 12, entries[11].id)


def test_erased_personal_fields_leave_the_log_valid():
    rows = [replace(row, entry=replace(row.entry, personal=None)) for row in ROWS]
    report = check(rows, mac=KEY.mac)
    assert report.ok and report.erased == 12


def test_one_fault_is_one_finding():
    rows = list(ROWS)
    rows[4] = replace(rows[4], entry=replace(rows[4].entry, reason="x"))
    assert [f.position for f in check(rows).findings] == [5]
    rows[4] = replace(ROWS[4], link="00" * 32)
    assert [f.position for f in check(rows).findings] == [5]
    rows[4] = replace(ROWS[4], entry=replace(ROWS[4].entry, mac="00" * 32))
    assert [f.position for f in check(rows).findings] == [5]


def test_a_log_of_rubbish_reports_twenty_and_counts_all():
    report = check([Unreadable(n, "rubbish") for n in range(2, 1002)], [])
    assert report.faults == 1000 and len(report.findings) == 20


def test_a_chain_that_starts_elsewhere_is_not_ours():
    assert first(check(start=ChainPoint(0, "00" * 32))).fault is Fault.BROKEN_LINK


@given(st.data())
def test_any_changed_byte_of_a_head_is_found(data):
    index = data.draw(st.integers(0, len(HEADS) - 1))
    line = head_line(HEADS[index])
    at = data.draw(st.integers(0, len(line) - 1))
    other = chr(data.draw(st.integers(0, 127).filter(lambda code: chr(code) != line[at])))
    try:
        changed = read_head(line[:at] + other + line[at + 1 :])
    except ValueError as error:
        changed = Unreadable(index + 1, str(error))
    found = first(check(heads=[*HEADS[:index], changed, *HEADS[index + 1 :]]))
    assert found.fault in {Fault.HEAD_FORGED, Fault.HEAD_UNREADABLE}


@pytest.mark.parametrize(
    ("heads", "fault"),
    [
        ([HEADS[0], HEADS[2], HEADS[3]], Fault.HEAD_MISSING),
        ([HEADS[1], HEADS[0], *HEADS[2:]], Fault.HEAD_DIFFERS),
        ([*HEADS, sign(replace(HEADS[3], number=5, position=6, link=HEADS[1].link), "key-1", KEY.sign)], Fault.HEAD_DIFFERS),  # rolled back
        ([*HEADS, sign(replace(HEADS[3], at_ms=1), "key-1", KEY.sign)], Fault.HEAD_DIFFERS),  # two heads of one number
    ],
)
def test_heads_that_do_not_follow_are_found(heads, fault):
    assert first(check(heads=heads)).fault is fault


def test_a_head_exported_twice_and_a_rotated_file_are_no_fault():
    assert check(heads=[head for head in HEADS for _ in range(2)]).ok
    assert check(heads=HEADS[2:]).ok


def test_heads_of_another_key_prove_nothing():
    assert first(check(key=Key(seed=b"x" * 32))).fault is Fault.HEAD_FORGED
