"""The static files: named by what is in them, compressed, without what no page asks for."""

import brotli
from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

LARGE = 100_000  # bytes; above, the last percent of size costs seconds


class Statics(StaticFilesConfig):
    """Leaves out source maps and the pages of libraries that we do not show."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *["*.map", "rest_framework", "redoc", "django_htmx", "django-htmx.js"],
    ]


class Press(Compressor):
    """Presses small files as far as it goes, large ones quickly."""

    @staticmethod
    def compress_brotli(data):
        return brotli.compress(data, quality=11 if len(data) < LARGE else 5)


class NamedByContent(CompressedManifestStaticFilesStorage):
    """Gives each file the name under which browsers may keep it for ever."""

    patterns = tuple(
        (kind, tuple(found for found in rules if "sourceMappingURL" not in str(found)))
        for kind, rules in CompressedManifestStaticFilesStorage.patterns
    )

    def create_compressor(self, **kwargs):
        return Press(**kwargs)

    def compress_files(self, paths):
        named = [path for path in paths if path in self.hashed_files.values()]
        return super().compress_files(named)
