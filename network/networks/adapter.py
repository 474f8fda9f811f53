"""How allauth's sign-in and sign-up open the door of the network that a request is for."""

from allauth.account.internal.stagekit import clear_login

from network.networks.actions import add_member
from network.networks.models import SignUp
from network.people import actions
from network.people.adapter import PersonAdapter
from network.registries import sign_up_keys


class AccountAdapter(PersonAdapter):
    """Accounts, with the network they come into."""

    def is_open_for_signup(self, request):
        """To everybody, or where one comes in by invitation to whoever holds a key."""
        if request.network is None:
            return False
        keys = (key(request) for _, key in sign_up_keys.items())
        request.invited = next(filter(None, keys), None)  # the page says who invites
        return is_open(request.network) or request.invited is not None

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
            if is_open(request.network):
                add_member(request.network, user)
        super().login(request, user)

    def format_email_subject(self, subject):
        network = self.request.network if self.request else None
        return f"{network.name}: {subject}" if network else subject

    def get_from_email(self):
        network = self.request.network if self.request else None
        return network.sender if network else super().get_from_email()


def is_open(network):
    return network is not None and network.sign_up == SignUp.OPEN


def is_suspended(network, person):
    return network is not None and network.memberships.suspended().filter(person=person).exists()
