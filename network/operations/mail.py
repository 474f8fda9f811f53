"""Where mail goes without EMAIL_URL: a folder of .eml files that any mail program opens."""

import uuid

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmlFolder(BaseEmailBackend):
    """Keeps each mail as a file; a file is there whole or not at all."""

    def send_messages(self, messages):
        settings.MAIL_FOLDER.mkdir(parents=True, exist_ok=True)
        for message in messages:
            name = f"{timezone.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}"
            half = settings.MAIL_FOLDER / f".{name}"
            half.write_bytes(message.message().as_bytes(linesep="\r\n"))
            half.rename(settings.MAIL_FOLDER / f"{name}.eml")
        return len(messages)
