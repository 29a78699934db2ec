"""Which hosts are this machine, and where on it the provider is.  Pure."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "")
UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104 - connecting to it reaches this machine


@functools.lru_cache(maxsize=1024)
def is_loopback(host: str | None) -> bool:
    """Whether a name or address is loopback: nothing sent there leaves the machine."""
    if host is None:
        return True
    name = host.rstrip(".").lower()
    if name in LOOPBACK_NAMES or name in UNSPECIFIED or name.endswith(".localhost"):
        return True
    address = parse_address(name)
    return address is not None and address.is_loopback


def provider_port(environment: Mapping[str, str]) -> int | None:
    """The provider's port, as the environment names it; None when it names none."""
    return urlsplit(environment.get("OPENAI_BASE_URL", "")).port


def parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a text is; None when it is a name.  IPv4 in IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
