from django.apps import AppConfig


class NetworkConfig(AppConfig):
    """The ground floor: people, the parent network and what everything shares."""

    name = "network"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from network import fill_registries  # noqa: F401  (the app's entries in network.registries)
