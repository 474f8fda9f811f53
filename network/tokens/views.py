"""One's access tokens: making one shows its value once, and asks for a fresh sign-in."""

from functools import wraps

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from network.errors import Refused
from network.pages import keyset_page
from network.rest.session import is_fresh
from network.tokens import actions
from network.tokens.forms import TokenForm
from network.tokens.models import AccessToken


def fresh_sign_in(view):
    """Sends somebody who signed in some while ago to show that it is them, and back."""

    @login_required
    @never_cache
    @wraps(view)
    def checked(request, *args, **kwargs):
        if not is_fresh(request, timezone.now()):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return checked


@fresh_sign_in
def tokens(request):
    """The tokens of mine, and a form for a new one."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = None
    if form.is_valid():
        try:
            _, made = actions.create_token(request.user, request.network, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            form = TokenForm()
    mine = AccessToken.objects.visible_to(request.user)
    context = {
        "form": form,
        "made": made,
        "tokens": keyset_page(mine, request, order=("-id",), size=50),
        "now": timezone.now(),
    }
    status = 422 if form.errors else 200
    return render(request, "network/tokens/tokens.html", context, status=status)


@require_POST
@fresh_sign_in
def revoke_token(request, id):
    """End one of my tokens."""
    token = get_object_or_404(AccessToken.objects.visible_to(request.user), pk=id)
    actions.revoke_token(token, request.user)
    messages.success(request, f"{token.name} opens nothing any more.")
    return redirect("tokens")
