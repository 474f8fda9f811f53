"""Under which id a row was known where it came from."""

from django.db import models


class ImportedId(models.Model):
    """Where an imported row came from: export writes the id it had there."""

    network = models.ForeignKey("network.Network", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, help_text="person, group, thread or post")
    row = models.UUIDField()
    source_id = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint("network", "kind", "row", name="one_source_id_per_row"),
            models.UniqueConstraint("network", "kind", "source_id", name="one_row_per_source_id"),
        ]

    def __str__(self):
        return f"{self.kind} {self.source_id}"
