"""The far end of what leaves the house: a mail server on the loopback that keeps all it is sent."""

import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes

GREETED = {b"HELO", b"EHLO", b"MAIL", b"RCPT", b"RSET", b"NOOP"}


class MailServer(socketserver.ThreadingTCPServer):
    """Takes every letter; `letters` has them as they came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters = []

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def received(self):
        """(recipient, subject, Message-ID) of each letter."""
        return [(mail["To"], mail["Subject"], mail["Message-ID"]) for mail in self.letters]


class Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as is needed to be given a letter."""

    def handle(self):
        self.say("220 here")
        for line in self.rfile:
            word = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            if word == b"DATA":
                self.say("354 go on")
                self.take_letter()
            elif word == b"QUIT":
                self.say("221 goodbye")
                return
            else:
                self.say("250 well" if word in GREETED else "502 unknown")

    def take_letter(self):
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                self.server.letters.append(message_from_bytes(b"".join(lines)))
                self.say("250 taken")
                return
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server():
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
