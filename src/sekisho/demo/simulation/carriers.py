"""Networks that people and attackers come from: operators, their numbers and some of their blocks, as the registries delegate them.

The countries and operators agree with the built-in files (a test looks every block up). Numbers and blocks are facts of the public
registries and routing tables; the choice of them is ours and free (CC0). No address stands for anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from random import Random

__all__ = ["CARRIERS", "Carrier", "Place", "Use", "carriers_of", "draw_place", "host_in"]


class Use(StrEnum):
    HOME = "home"
    MOBILE = "mobile"
    WORK = "work"
    HOSTING = "hosting"
    VPN = "vpn"
    ABROAD = "abroad"  # where travellers and foreign attackers go online


@dataclass(frozen=True, slots=True)
class Carrier:
    asn: str
    name: str
    country: str
    use: Use
    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One address as monitoring sees it: its /24, operator and country."""

    address: str
    network: str
    asn: str
    country: str


CARRIERS = (
    Carrier("AS4713", "NTT Communications (OCN)", "JP", Use.HOME, ("114.144.0.0/12", "122.16.0.0/12", "153.128.0.0/10", "180.0.0.0/10")),
    Carrier("AS17676", "SoftBank", "JP", Use.HOME, ("126.0.0.0/12", "60.64.0.0/10")),
    Carrier("AS2516", "KDDI", "JP", Use.HOME, ("27.80.0.0/12", "36.8.0.0/13", "119.104.0.0/14", "175.128.0.0/13")),
    Carrier("AS2518", "BIGLOBE", "JP", Use.HOME, ("133.200.0.0/13", "119.240.0.0/14")),
    Carrier("AS2527", "Sony Network Communications (So-net)", "JP", Use.HOME, ("118.240.0.0/15", "39.110.0.0/15", "115.162.0.0/15")),
    Carrier("AS9824", "JCOM", "JP", Use.HOME, ("110.128.0.0/13", "42.144.0.0/13")),
    Carrier("AS17511", "OPTAGE", "JP", Use.HOME, ("121.80.0.0/13", "101.140.0.0/14")),
    Carrier("AS18126", "Chubu Telecommunications", "JP", Use.HOME, ("118.104.0.0/15", "115.36.0.0/14")),
    Carrier("AS10010", "TOKAI Communications", "JP", Use.HOME, ("59.84.0.0/15",)),
    Carrier("AS9605", "NTT DOCOMO", "JP", Use.MOBILE, ("1.72.0.0/16", "49.96.0.0/18", "49.106.0.0/18")),
    Carrier("AS2516", "KDDI (au)", "JP", Use.MOBILE, ("106.128.0.0/10", "182.248.0.0/14")),
    Carrier("AS17676", "SoftBank (mobile)", "JP", Use.MOBILE, ("126.200.0.0/16",)),
    Carrier("AS17506", "ARTERIA Networks", "JP", Use.WORK, ("58.156.0.0/14", "122.208.0.0/13", "221.112.0.0/16")),
    Carrier("AS2497", "Internet Initiative Japan", "JP", Use.WORK, ("210.130.0.0/16", "210.138.0.0/16")),
    Carrier("AS2510", "Fujitsu", "JP", Use.WORK, ("202.248.0.0/16",)),
    Carrier("AS7684", "SAKURA Internet", "JP", Use.HOSTING, ("153.120.0.0/18", "133.242.0.0/16", "133.125.0.0/16")),
    Carrier("AS16509", "Amazon (Tokyo)", "JP", Use.HOSTING, ("54.64.0.0/15",)),
    Carrier("AS24940", "Hetzner", "DE", Use.HOSTING, ("88.198.0.0/16", "5.9.0.0/16", "144.76.0.0/16")),
    Carrier("AS16276", "OVH", "FR", Use.HOSTING, ("51.38.32.0/19",)),
    Carrier("AS14061", "DigitalOcean", "US", Use.HOSTING, ("134.209.32.0/20",)),
    Carrier("AS132203", "Tencent", "HK", Use.HOSTING, ("43.128.0.0/18", "101.32.0.0/18")),
    Carrier("AS212238", "Datacamp (Tokyo)", "JP", Use.VPN, ("37.19.205.0/24",)),
    Carrier("AS209103", "Proton", "CH", Use.VPN, ("185.159.157.0/24",)),
    Carrier("AS20473", "Vultr (Tokyo)", "JP", Use.VPN, ("45.32.48.0/21",)),
    Carrier("AS63949", "Akamai Connected Cloud (Tokyo)", "JP", Use.VPN, ("139.162.68.0/22",)),
    Carrier("AS7922", "Comcast", "US", Use.ABROAD, ("73.0.0.0/9",)),
    Carrier("AS701", "Verizon", "US", Use.ABROAD, ("71.245.0.0/18",)),
    Carrier("AS4766", "Korea Telecom", "KR", Use.ABROAD, ("121.128.0.0/10", "175.192.0.0/12")),
    Carrier("AS3462", "Chunghwa Telecom (HiNet)", "TW", Use.ABROAD, ("114.32.0.0/13", "1.160.0.0/12")),
    Carrier("AS4760", "HKT", "HK", Use.ABROAD, ("112.118.0.0/15",)),
    Carrier("AS4134", "Chinanet", "CN", Use.ABROAD, ("113.64.0.0/12",)),
    Carrier("AS17552", "True Online", "TH", Use.ABROAD, ("171.96.0.0/15",)),
    Carrier("AS55430", "StarHub", "SG", Use.ABROAD, ("116.86.0.0/15",)),
    Carrier("AS45899", "VNPT", "VN", Use.ABROAD, ("14.160.0.0/12",)),
    Carrier("AS8402", "Vimpelcom", "RU", Use.ABROAD, ("95.24.0.0/16",)),
)

_BOUNDS = {block: (int(IPv4Network(block)[0]) >> 8, int(IPv4Network(block)[-1]) >> 8) for each in CARRIERS for block in each.blocks}


def carriers_of(use: Use, *countries: str) -> tuple[Carrier, ...]:
    """Those of one use; of these countries when any is named."""
    return tuple(each for each in CARRIERS if each.use is use and (not countries or each.country in countries))


def draw_place(carrier: Carrier, rng: Random) -> Place:
    """Any address in the carrier's blocks."""
    first, last = _BOUNDS[rng.choice(carrier.blocks)]
    number = rng.randint(first, last)
    stem = f"{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return Place(f"{stem}.{rng.randint(1, 254)}", f"{stem}.0/24", carrier.asn, carrier.country)


def host_in(place: Place, rng: Random) -> Place:
    """Another address of the same /24."""
    stem = place.address.rpartition(".")[0]
    return Place(f"{stem}.{rng.randint(1, 254)}", place.network, place.asn, place.country)
