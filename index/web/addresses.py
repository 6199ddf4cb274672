"""Which network addresses may be asked: those of the public internet, and no others.

An address that a page, a feed or a redirect names may point to the machine itself or to its network: a router, a
database, the metadata service of a cloud (server-side request forgery, CWE-918).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from queue import Empty, Queue

from index.web.errors import FetchRefused, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IPv6 forms that carry an IPv4 address to another network (RFC 6052, 3056, 4380, 5214), and what Python's `is_global`
# lets through although it is not the public internet.
_CARRIERS = tuple(
    ipaddress.ip_network(net)
    for net in (
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0:0/96", "fec0::/10"),
        *("192.88.99.0/24", "192.0.0.0/24", "100.64.0.0/10", "100::/64", "5f00::/16", "3fff::/20"),
    )
)


def is_public(text: str) -> bool:
    """Whether an address belongs to the public internet."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        and not any(address.version == net.version and address in net for net in _CARRIERS)
    )


def is_loopback(text: str) -> bool:
    """Whether an address is this machine's own, as the tests' servers have it."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return address in ipaddress.ip_network("127.0.0.0/8") or address == ipaddress.ip_address("::1")


def resolve(host: str, port: int, seconds: float, *, loopback: bool) -> list[str]:
    """The addresses of a host, all of which may be asked. They are connected to as they are: a name that is looked up
    again may give another answer (DNS rebinding).

    Args:
        host: a name or an address, in any form that the system's resolver takes (``127.1``, ``0x7f000001``).
        port: for the resolver.
        seconds: how long it may take; the system's resolver knows no limit of its own.
        loopback: whether addresses of this machine may be asked, too: for tests alone.

    Raises:
        FetchRefused: one of its addresses may not be asked.
        Unreachable: there is no such host, or the resolver does not answer.
    """
    answers: Queue[list[str] | OSError | UnicodeError] = Queue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as exc:
            answers.put(exc)

    threading.Thread(target=look_up, daemon=True, name="resolver").start()
    try:
        found = answers.get(timeout=max(seconds, 0.01))
    except Empty as exc:
        msg = f"the name {host} was not resolved in time"
        raise Unreachable(msg, "Check the network connection.") from exc
    if isinstance(found, Exception):
        msg = f"there is no host {host}"
        raise Unreachable(msg, "Check the address.") from found
    for address in found:
        if not (is_public(address) or (loopback and is_loopback(address))):
            msg = f"{host} is an address of this machine or of a private network"
            raise FetchRefused(
                msg, "Only addresses of the public internet are fetched; save the page and ingest the file."
            )
    return list(dict.fromkeys(found))
