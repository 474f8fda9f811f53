from django.apps import AppConfig


class FacilitationConfig(AppConfig):
    name = "facilitation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from facilitation import fill_registries, notices  # noqa: F401  (the app's entries)
