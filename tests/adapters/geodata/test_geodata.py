"""Country and network of addresses, by the real file that `make install` brings."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest

from sekisho.adapters.geodata import BUILT_IN, BUILT_IN_NETWORKS, MmdbGeodata, open_geodata
from sekisho.adapters.geodata import _country_of as country_of
from sekisho.adapters.geodata import _network_of as network_of
from sekisho.flows.ports.geodata import NOWHERE
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.texts.catalogue import Language
from sekisho.texts.territories import territory


@pytest.mark.parametrize(
    "address, country",
    [
        ("133.242.0.1", "JP"), ("8.8.8.8", "US"), ("2001:4860:4860::8888", "US"),
        ("10.0.0.1", ""), ("127.0.0.1", ""), ("::1", ""), ("fe80::1", ""), ("192.0.2.1", ""),
    ],
)  # fmt: skip
def test_the_built_in_file_knows_countries(address: str, country: str) -> None:
    assert open_geodata(None, None).look(ip_address(address)).country == country


@pytest.mark.parametrize(
    "address, operator",
    [
        ("8.8.8.8", "AS15169 Google LLC"), ("126.1.2.3", "AS17676 SoftBank Corp."), ("2001:200::1", "AS2500 WIDE Project"),
        ("10.0.0.1", ""), ("127.0.0.1", ""), ("192.0.2.1", ""),
    ],
)  # fmt: skip
def test_the_built_in_file_knows_operators(address: str, operator: str) -> None:
    assert open_geodata(None, None).look(ip_address(address)).network == operator


def test_whoever_made_the_built_in_networks_is_named_and_a_firms_own_file_names_nobody(tmp_path: Path) -> None:
    assert {one.url for one in open_geodata(None, None).credits} == {
        "https://www.routeviews.org",
        "https://www.nro.net",
        "https://db-ip.com",
    }
    own = tmp_path / "own.mmdb"
    own.write_bytes(BUILT_IN_NETWORKS.read_bytes())
    assert open_geodata(None, own).credits == ()


def test_it_says_how_old_it_is_and_no_address_is_nowhere() -> None:
    data = open_geodata(None, None)
    assert data.built is not None and data.built > datetime(2026, 1, 1, tzinfo=UTC)
    assert data.look(None) == NOWHERE


class Old:
    """A reader whose file was made in 2025."""

    def metadata(self) -> SimpleNamespace:
        return SimpleNamespace(build_epoch=1_735_689_600)


@pytest.mark.parametrize("readers", [(None, Old()), (Old(), None)])
def test_of_two_files_the_older_tells_the_age(readers: tuple[object, object]) -> None:
    new = open_geodata(None, None)._country
    country, network = (reader or new for reader in readers)
    assert MmdbGeodata(country, network).built == datetime(2025, 1, 1, tzinfo=UTC)  # type: ignore[arg-type]


def test_without_a_file_everything_is_nowhere() -> None:
    bare = MmdbGeodata(None, None)
    assert bare.built is None and bare.look(ip_address("8.8.8.8")) == NOWHERE


@pytest.mark.parametrize("content", [b"", b"no file of places", BUILT_IN.read_bytes()[:4096]])
def test_a_file_that_cannot_be_read_names_its_setting(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.mmdb").write_bytes(content)
    with pytest.raises(SekishoError) as refused:
        open_geodata(tmp_path / "bad.mmdb", None)
    assert refused.value.kind is Kind.INVALID and "geodata.country_file" in refused.value.detail
    with pytest.raises(SekishoError):
        open_geodata(None, tmp_path / "absent.mmdb")


@pytest.mark.parametrize(
    "record, country, network",
    [
        ({"country": {"iso_code": "JP"}}, "JP", ""),
        ({"country": "JP"}, "JP", ""),
        ({"country_code": "jp"}, "", ""),
        ({"country_code": "J\u202eP"}, "", ""),
        ({"autonomous_system_number": 64500, "autonomous_system_organization": "Example\x1b[31m Net"}, "", "AS64500 Example[31m Net"),
        ({"autonomous_system_number": "x", "autonomous_system_organization": "N" * 200}, "", "N" * 64),
        ({}, "", ""),
    ],
)
def test_records_of_several_makers_are_read_and_cut_to_what_can_be_shown(record: dict[str, object], country: str, network: str) -> None:
    assert (country_of(record), network_of(record)) == (country, network)


def test_countries_have_names_in_both_languages() -> None:
    assert (territory("JP", Language.EN), territory("JP", Language.JA)) == ("Japan", "日本")
    assert territory("", Language.EN) == "" and territory("XX", Language.EN) == "XX"
