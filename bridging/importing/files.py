"""An archive as an answer to a browser or a program."""

import tempfile
from pathlib import Path

from django.http import FileResponse

from bridging.importing.actions import export_group


def group_file(group, person):
    """The group's archive, to be kept as a file. Refuses what `export_group` refuses."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.zip"
        export_group(group, person, path)
        file = path.open("rb")  # outlives its folder
    answer = FileResponse(file, as_attachment=True, filename=f"{group.slug}.zip")
    answer["Cache-Control"] = "private, no-store"
    return answer
