"""R9: the file of keys and the database change over in steps that any node survives, and any kill."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.key_lines import read_keys, replace_keys
from sekisho.adapters.cryptography.keyring import load_keyring
from sekisho.bootstrap import rotation
from sekisho.bootstrap.backups import make_backup, restore_backup
from sekisho.bootstrap.closure import Closure
from sekisho.bootstrap.house import House
from sekisho.bootstrap.rotation import add_key, keys_shown, retire, rotate
from sekisho.domain.audit.entry import intact
from sekisho.flows.ports.keyed_rows import Lasting
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind
from sekisho.settings import Settings
from sekisho.settings.sections import KeyringSettings
from tests.bootstrap.backup_house import Ground

OPERATOR = "os:operator"


def quiet(done: int, total: int | None) -> None: ...


def at_once(seconds: float) -> None: ...


def filled(house: House, entries: int = 1200) -> None:
    """Sealed texts on several pages."""
    with house.storage.transaction() as tx:
        for number in range(entries):
            tx.audit.append(Event(EventKind.LOGIN_REFUSED, personal={"address": f"192.0.2.{number % 256}"}), house.clock())


def key_file(settings: Settings) -> Path:
    assert settings.keyring.file is not None
    return settings.keyring.file


def ids(settings: Settings) -> list[str]:
    return [line.id for line in read_keys(key_file(settings), None)]


def refusal(call: object) -> str:
    with pytest.raises(SekishoError) as refused:
        call()  # type: ignore[operator]
    return f"{refused.value.public_message} {refused.value.detail}"


def test_a_rotation_in_one_command(ground: Ground) -> None:
    settings = ground.settings()
    with ground.open(settings) as house:
        filled(house)
        (first,) = ids(settings)
        done = rotate(house, OPERATOR, quiet, at_once)
        assert ids(settings) == [done.key, first] and done.made and done.changed
        assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
        assert done.moved.texts == 1200 and done.moved.unreadable == 0
        shown, used = keys_shown(house)
        assert [(one.key, one.in_use, one.texts) for one in shown] == [(done.key, True, 1200), (first, False, 0)]
        assert used.older == 0 and used.lasting == Lasting(0, 0, 0, 0)
        with house.storage.reading() as tx:
            entries = tx.audit.unsealed(10_000)
    assert all(intact(entry) for entry in entries)
    kinds = [entry.kind for entry in entries if entry.kind.startswith("keyring.")]
    assert kinds == ["keyring.rotated", "keyring.resealed"]
    with ground.open(settings) as house:
        assert house.keyring.key_id == done.key


@pytest.mark.parametrize("step", ["file", "change", "move"])
def test_cut_off_at_any_step_it_is_finished_with_the_same_key(ground: Ground, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ground.settings()

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with ground.open(settings) as house:
        filled(house)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            if step == "file":
                patch.setattr(rotation, "change_key", dies)
            elif step == "change":
                patch.setattr(rotation, "reseal", dies)
            rotate(house, OPERATOR, dies if step == "move" else quiet, at_once)
    held = ids(settings)
    assert len(held) == 2
    with ground.open(settings) as house:
        done = rotate(house, OPERATOR, quiet, at_once)
        assert (done.key, done.made, done.changed) == (held[0], False, step == "file") and ids(settings) == held
        assert dict(keys_shown(house)[1].sealed) == {held[0]: 1200}


def test_a_running_node_follows_within_one_look(ground: Ground) -> None:
    settings = ground.settings()
    with ground.open(settings) as house, ground.open(settings) as node:
        closure = Closure(node, lambda: None)
        closure.look()
        done = rotate(house, OPERATOR, quiet, at_once)
        assert node.keyring.key_id != done.key
        closure.look()
        assert node.keyring.key_id == done.key and closure.why == ""


def test_a_node_whose_file_lacks_the_key_closes_until_it_has_it(ground: Ground) -> None:
    settings = ground.settings()
    elsewhere = ground.folder / "second machine" / "master.key"
    elsewhere.parent.mkdir(mode=0o700)
    replace_copy(key_file(settings), elsewhere)
    with ground.open(settings) as house, ground.open(replace(settings, keyring=KeyringSettings(elsewhere))) as node:
        closure = Closure(node, lambda: None)
        added = add_key(house)
        assert "waits in the file" in refusal(lambda: add_key(house))
        closure.look()
        assert closure.why == "" and house.keyring.key_id != added.id, "in the file, not in use"
        assert rotate(house, OPERATOR, quiet, at_once).key == added.id
        closure.look()
        assert added.id in closure.why and str(elsewhere) in closure.why
        replace_copy(key_file(settings), elsewhere)
        closure.look()
        assert closure.why == "" and node.keyring.key_id == added.id


def replace_copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    replace_keys(target, read_keys(source, None))


def test_older_keys_leave_once_nothing_needs_them(ground: Ground) -> None:
    settings = ground.settings()
    with ground.open(settings) as house:
        assert retire(house, OPERATOR, end=False).keys == ()
        first = ids(settings)[0]
        backup = ground.folder / "monday.backup"
        make_backup(house, backup, OPERATOR, quiet)
        kept = ground.folder / "safe.key"
        replace_copy(key_file(settings), kept)
        done = rotate(house, OPERATOR, quiet, at_once)
        assert "a moment ago" in refusal(lambda: retire(house, OPERATOR, end=True))
        later = replace(house, clock=Later(house, timedelta(minutes=5)))
        assert "may be under way" in refusal(lambda: retire(later, OPERATOR, end=False)), "a request may still be on its way"
        tomorrow = replace(house, clock=Later(house, timedelta(days=1)))
        assert retire(tomorrow, OPERATOR, end=False).keys == (first,)
    assert ids(settings) == [done.key]
    empty = ground.settings("empty machine")
    assert "another master key" in refusal(lambda: restore_backup(empty, backup, quiet))
    restore_backup(replace(empty, keyring=KeyringSettings(kept)), backup, quiet)


def test_an_unfinished_rotation_retires_nothing(ground: Ground) -> None:
    settings = ground.settings()
    with ground.open(settings) as house:
        add_key(house)
        assert "keyring rotate" in refusal(lambda: retire(house, OPERATOR, end=True))
    assert len(ids(settings)) == 2


def test_a_restored_copy_uses_the_key_of_its_day_and_rotates_again(ground: Ground) -> None:
    settings = ground.settings()
    backup = ground.folder / "monday.backup"
    with ground.open(settings) as house:
        filled(house, 3)
        make_backup(house, backup, OPERATOR, quiet)
        done = rotate(house, OPERATOR, quiet, at_once)
    empty = ground.settings("empty machine")
    restore_backup(empty, backup, quiet)
    with ground.open(empty) as house:
        assert house.keyring.key_id == ids(settings)[1]
        again = rotate(house, OPERATOR, quiet, at_once)
        assert (again.key, again.made, again.moved.texts) == (done.key, False, 3)


def test_the_file_is_never_half_written(ground: Ground) -> None:
    settings = ground.settings()
    path = key_file(settings)
    left = path.with_name(f".{path.name}.new")
    left.write_text("half a file")  # of a run that was killed
    with ground.open(settings) as house:
        rotate(house, OPERATOR, quiet, at_once)
    assert not left.exists() and len(load_keyring(path, None).key_ids) == 2


class Later:
    """The house's clock, so much later."""

    def __init__(self, house: House, later: timedelta) -> None:
        self._clock, self._later = house.clock, later

    def __call__(self):
        return self._clock() + self._later
