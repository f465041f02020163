"""Where requests may go: to public addresses, and to those that OUTBOUND_ALLOW opens."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

from django.conf import settings

from pipelit.errors import TransientError, UserError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_REFUSED_V4 = ipaddress.ip_network("192.88.99.0/24")
"""Of relays between IPv6 and IPv4, long out of use."""
_REFUSED_V6 = [
    ipaddress.ip_network(net)
    for net in (
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
        "3fff::/20",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
    )
]


class Refused(UserError):
    """The address is not public, and the operator has not opened it."""

    code = "http_error"


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet. `is_global` alone lets embedded IPv4 addresses through."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in net for net in _REFUSED_V6):
            return False
    elif address in _REFUSED_V4:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def is_allowed(host: str, address: Address, port: int) -> bool:
    """Whether OUTBOUND_ALLOW opens an address that is not public: entries are names, addresses or networks, each
    optionally with `:port`."""
    for entry in settings.OUTBOUND_ALLOW:
        name, _, number = entry.rpartition(":") if entry.count(":") == 1 or "]:" in entry else (entry, "", "")
        if number and number != str(port):
            continue
        name = name.strip("[]").lower()
        with contextlib.suppress(ValueError):
            if address in ipaddress.ip_network(name, strict=False):
                return True
        if name == host.lower():
            return True
    return False


def resolve(host: str, port: int) -> list[str]:
    """The checked addresses of a host; raises Refused if any of them is off limits, TransientError if there is
    none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransientError(f'The host "{host}" cannot be found: {error}.', code="http_error", undone=True) from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    for text in addresses:
        address = ipaddress.ip_address(text)
        if not is_public(address) and not is_allowed(host, address, port):
            raise Refused(
                f'"{host}" leads to {text}, which is no public address. An operator can open it with OUTBOUND_ALLOW.'
            )
    return addresses
