from django.apps import AppConfig


class BridgingConfig(AppConfig):
    name = "bridging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from bridging import fill_registries  # noqa: F401  (the app's entries in network.registries)
