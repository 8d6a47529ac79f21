"""One catalogue from several files, and its build."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sekisho.texts.build import compile_texts
from sekisho.texts.catalogue import Language, Translator, _chain, translator

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    folder = tmp_path / "locale" / "ja"
    folder.mkdir(parents=True)
    (folder / "portal.po").write_text(HEADER + 'msgid "Log in"\nmsgstr "ログイン"\n')
    (folder / "errors.po").write_text(
        HEADER + 'msgid "Wait %(count)s minute"\nmsgid_plural "Wait %(count)s minutes"\nmsgstr[0] "%(count)s分お待ちください"\n'
    )
    return tmp_path


def test_all_files_of_a_language_are_read_as_one(locale: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_texts(locale / "locale")
    monkeypatch.setattr("sekisho.texts.catalogue.files", lambda package: locale)
    japanese = Translator(Language.JA, _chain(Language.JA))
    assert japanese.text("Log in") == "ログイン"
    assert japanese.plural("Wait %(count)s minute", "Wait %(count)s minutes", 3) == "3分お待ちください"
    assert japanese.text("Not in the catalogue") == "Not in the catalogue"


def test_texts_that_are_not_compiled_are_an_error(locale: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.texts.catalogue.files", lambda package: locale)
    with pytest.raises(RuntimeError, match="make texts"):
        _chain(Language.JA)


def test_english_is_the_source() -> None:
    english = translator(Language.EN)
    assert english.text("100%% of %(name)s", name="it") == "100% of it"
    assert english.plural("%(count)s try", "%(count)s tries", 1) == "1 try"
    assert english.plural("%(count)s try", "%(count)s tries", 2) == "2 tries"
    with pytest.raises(KeyError):
        english.text("of %(name)s")


def test_the_build_writes_what_changed_and_removes_what_is_gone(locale: Path) -> None:
    folder = locale / "locale" / "ja"
    assert {path.name for path in compile_texts(locale / "locale")} == {"portal.mo", "errors.mo"}
    assert compile_texts(locale / "locale") == []
    later = (folder / "portal.mo").stat().st_mtime + 1
    os.utime(folder / "portal.po", (later, later))
    (folder / "errors.po").unlink()
    assert [path.name for path in compile_texts(locale / "locale")] == ["portal.mo"]
    assert not (folder / "errors.mo").exists()
    assert not list(folder.glob("*.draft"))
