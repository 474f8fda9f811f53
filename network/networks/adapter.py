"""How allauth's sign-in and sign-up open the door of the network that a request is for."""

from allauth.account.internal.stagekit import clear_login

from network.networks.actions import add_member
from network.networks.models import SignUp
from network.people import actions
from network.people.adapter import PersonAdapter


class AccountAdapter(PersonAdapter):
    """Accounts, with the network they come into."""

    def is_open_for_signup(self, request):
        return request.network is not None and request.network.sign_up == SignUp.OPEN

    def pre_login(self, request, user, **facts):
        """Whoever is suspended here does not come in, whichever way they take."""
        if is_suspended(request.network, user):
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **facts)

    def login(self, request, user):
        """Let somebody in; they have shown that the address is theirs, so the account is."""
        if not user.is_claimed:
            actions.claim(user)
            if self.is_open_for_signup(request):
                add_member(request.network, user)
        super().login(request, user)

    def format_email_subject(self, subject):
        network = self.request.network if self.request else None
        return f"{network.name}: {subject}" if network else subject

    def get_from_email(self):
        network = self.request.network if self.request else None
        return network.sender if network else super().get_from_email()


def is_suspended(network, person):
    return network is not None and network.memberships.suspended().filter(person=person).exists()
