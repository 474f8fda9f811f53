"""What stands before every request: whom we believe, which cookies, what the browser may do."""

from ipaddress import ip_address

from django.conf import settings

FORWARDED = [
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
]
COOKIES = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME]
UNUSED = """\
accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen geolocation
gyroscope hid identity-credentials-get idle-detection magnetometer microphone midi payment
picture-in-picture screen-wake-lock serial usb web-share xr-spatial-tracking
"""
NOTHING = ", ".join(f"{feature}=()" for feature in UNUSED.split())


class TrustedProxies:
    """Takes the word of TRUSTED_PROXIES for where a request comes from, and of nobody else."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        meta = request.META
        if is_trusted(meta.get("REMOTE_ADDR", "")):
            meta["REMOTE_ADDR"] = origin(meta.get("HTTP_X_FORWARDED_FOR", ""), meta["REMOTE_ADDR"])
        else:
            for header in FORWARDED:
                meta.pop(header, None)
        return self.get_response(request)


def is_trusted(address):
    try:
        return any(ip_address(address) in network for network in settings.TRUSTED_PROXIES)
    except ValueError:
        return False


def origin(forwarded, nearest):
    """The last address on the way that is not one of our own proxies."""
    for address in reversed([part.strip() for part in forwarded.split(",")]):
        try:
            ip_address(address)
        except ValueError:
            break
        nearest = address
        if not is_trusted(address):
            break
    return nearest


class PrivateCookies:
    """Over TLS our cookies are Secure and named `__Host-…`: no neighbour domain can set them.

    Plain names are read over http only; there the browser would not keep the others.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.is_secure():
            return self.get_response(request)
        for name in COOKIES:
            request.COOKIES.pop(name, None)
            if f"__Host-{name}" in request.COOKIES:
                request.COOKIES[name] = request.COOKIES.pop(f"__Host-{name}")
        response = self.get_response(request)
        for name in COOKIES:
            if name in response.cookies:
                morsel = response.cookies.pop(name)
                response.cookies[f"__Host-{name}"] = morsel.value
                response.cookies[f"__Host-{name}"].update(
                    {**morsel, "path": "/", "domain": "", "secure": True}
                )
        return response


class ClosedByDefault:
    """Headers that shut what Kith does not use."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", NOTHING)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
