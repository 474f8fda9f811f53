"""What a token may: a scope only takes away from what its person may do."""

from rest_framework.permissions import SAFE_METHODS, BasePermission

from network.errors import NotAllowed


class Scopes(BasePermission):
    """Signed in, and where a token speaks, with a scope that the call asks for."""

    def has_permission(self, request, view):
        if not request.user.is_authenticated:
            return view.action in view.open_to_visitors
        if request.auth is not None and not request.auth.has_any(view.scopes_asked()):
            asked = " or ".join(view.scopes_asked())
            raise NotAllowed("insufficient_scope", f"This token lacks the scope: {asked}.")
        return True


def scopes_of(scopes, action, method):
    """The scopes of which a token needs one for this call."""
    usual = "read" if method in SAFE_METHODS else "write"
    asked = scopes.get(action, usual)
    return (asked,) if isinstance(asked, str) else asked
