"""Which network a request is for, and how its person stands there."""

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import render

from network.networks.door import come_in, come_through
from network.networks.models import Network, NetworkHost
from network.networks.views import outside
from network.people.models import Visitor
from network.prepared import rows

OUTSIDE = ("/health/", "/static/", "/csp/", "/admin/", "/api/v1/schema/", "/api/v1/docs/")
# To those outside, too.
OPEN = ("/accounts/", "/api/", "/house-rules/", "/invitations/", "/move-in/", "/theme/")


class NetworkMiddleware:
    """Sets `request.network` by the host name and opens its door to whoever is signed in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.network = None
        if request.path.startswith(OUTSIDE):
            return self.get_response(request)
        host = name_of(request.get_host())
        if request.user.is_authenticated:
            place = come_through(request.user, host)
            request.network = place.network if place else network_of(host)
            if place is None and request.network is not None:
                come_in(request.user, request.network)
        else:
            request.network = network_of(host)
            request.user = Visitor()
        if request.network is None:
            request.user = Visitor()
            return render(request, "network/networks/no_network.html", status=404)
        if request.user.is_authenticated:
            return for_one_alone(self.answer(request))
        return self.get_response(request)

    def answer(self, request):
        """The page for somebody who lives here; the door for who has an account only elsewhere."""
        if request.user.here.is_current or request.path.startswith(OPEN):
            return self.get_response(request)
        return outside(request)


def for_one_alone(response):
    """What one person sees is kept by nobody on the way."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def name_of(host):
    """The host's name without its port."""
    return host.lower() if host.endswith("]") else host.lower().rsplit(":", 1)[0]


def network_of(host):
    """The network that is reached under this host name.

    With a single network that is it, whatever the name; None where there is none at all. With
    several, an unknown name is 404.
    """
    found = rows(networks_under, host)
    if not found:
        return None
    if not found[0].fits and len(found) > 1:
        raise Http404
    return found[0]


def networks_under(host):
    """The network of this host name, else the first; and another, to know that there are more."""
    theirs = NetworkHost.objects.filter(network=OuterRef("pk"), host=host)
    return Network.objects.with_host().annotate(fits=Exists(theirs)).order_by("-fits", "pk")[:2]
