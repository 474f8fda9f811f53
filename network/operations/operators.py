"""Django's admin, with our site in it."""

from django.contrib.admin.apps import AdminConfig


class Operators(AdminConfig):
    """The admin of those who run the machine."""

    default_site = "network.looking.OperatorsSite"
