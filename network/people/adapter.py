"""How allauth's sign-in and sign-up use our people."""

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError

from network.errors import Invalid
from network.networks.actions import add_member
from network.networks.models import SignUp
from network.people import actions
from network.people.models import Person
from network.people.rules import normal_email


class AccountAdapter(DefaultAccountAdapter):
    """Accounts of the network that a request is for."""

    def is_open_for_signup(self, request):
        return request.network is not None and request.network.sign_up == SignUp.OPEN

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
        user.email = form.cleaned_data["email"]
        user.set_password(form.cleaned_data["password1"])
        if user._state.adding:
            user.name = form.cleaned_data["name"]
            user.joined_at = form.now
            actions.name_person(user, actions.free_username(user.name), taken_matters=False)
        else:
            user.save(update_fields=["email", "password"])
        return user

    def confirm_email(self, request, email_address):
        """The address is theirs: so is the account, and they come into the network."""
        confirmed = super().confirm_email(request, email_address)
        if confirmed:
            person = actions.claim(email_address.user)
            if request.network is not None:
                add_member(request.network, person)
        return confirmed

    def format_email_subject(self, subject):
        network = self.request.network if self.request else None
        return f"{network.name}: {subject}" if network else subject

    def get_from_email(self):
        network = self.request.network if self.request else None
        return network.sender if network else super().get_from_email()
