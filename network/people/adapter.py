"""How allauth's sign-in and sign-up use our people."""

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError

from network.errors import Invalid
from network.people import actions
from network.people.models import Person
from network.people.rules import normal_email


class PersonAdapter(DefaultAccountAdapter):
    """Accounts as people."""

    def clean_email(self, email):
        try:
            return normal_email(email)
        except Invalid as refusal:
            raise ValidationError(str(refusal)) from refusal

    def new_user(self, request):
        """A new person, or the imported one that waits for whoever has this address."""
        try:
            waiting = actions.waiting_for(request.POST.get("email", ""))
        except Invalid:
            waiting = None
        return waiting or Person()

    def save_user(self, request, user, form, commit=True):
        """Keep what was typed; nobody is in before the address is shown to be theirs."""
        typed = {"email": form.cleaned_data["email"], "password": form.cleaned_data["password1"]}
        if user._state.adding:
            actions.sign_up(user, form.cleaned_data["name"], now=form.now, **typed)
        else:
            actions.ask_for(user, **typed)
        return user
