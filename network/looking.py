"""Django's admin as operators have it: they look, and only actions write."""

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404


class LookOnly:
    """Nothing is added, changed or deleted by hand; what can be done stands in `actions`.

    `fields` names what is shown: never the texts of groups, a secret, or an address.
    """

    show_full_result_count = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OperatorsSite(AdminSite):
    """Holds what is LookOnly; what other packages register would write past our actions."""

    site_header = site_title = "Kith"

    def register(self, model_or_iterable, admin_class=None, **options):
        if admin_class is not None and issubclass(admin_class, LookOnly):
            super().register(model_or_iterable, admin_class, **options)

    def login(self, request, extra_context=None):
        """Operators sign in as everybody does; for others there is no such page."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next", request.path))
