from django.apps import AppConfig


class MicroGroupsConfig(AppConfig):
    name = "microgroups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from microgroups import fill_registries, notices  # noqa: F401  (the app's entries)
