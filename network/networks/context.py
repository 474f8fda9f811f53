"""What every page knows about its reader."""


def chrome(request):
    """`chrome`: facts of the door for the frame of the page."""
    here = getattr(getattr(request, "user", None), "here", None)
    return {
        "chrome": {
            "unread": bool(getattr(here, "unread_about", False)),
            "facilitates": getattr(here, "facilitates", False),
            "is_admin": getattr(here, "is_admin", False),
            "theme": request.COOKIES.get("theme", ""),
        }
    }
