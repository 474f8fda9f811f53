"""Every table of this floor, for Django to find; our own code imports from the rooms."""

from bridging.highlights.models import Echo, Highlight
from bridging.importing.models import ImportedId

__all__ = ["Echo", "Highlight", "ImportedId"]
