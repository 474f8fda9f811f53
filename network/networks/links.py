"""Absolute addresses, built from the network's own host and never from a request."""

from django.conf import settings

from network.networks.models import NetworkHost

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def absolute(network, path):
    """The whole address of a path in this network: for mail, and for lists of the API."""
    return home(network) + path


def home(network):
    """https and the network's first host; on loopback http and our port; without a host, this machine."""
    host = first_host(network)
    if not host:
        return settings.HERE
    if host not in LOOPBACK and not host.endswith(".localhost"):
        return f"https://{host}"
    return f"http://{host}:{settings.PORT}"


def first_host(network):
    """What `Network.objects.with_host()` loaded along, else asked now and kept for this object."""
    if not hasattr(network, "host"):
        hosts = NetworkHost.objects.filter(network=network).order_by("pk")
        network.host = hosts.values_list("host", flat=True).first()
    return network.host
