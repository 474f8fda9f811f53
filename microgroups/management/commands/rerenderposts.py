from django.core.management.base import BaseCommand

from microgroups.conversation.words import render_old


class Command(BaseCommand):
    help = "Render again the posts that an older renderer made. Can be stopped and run again."

    def handle(self, **options):
        done = 0
        while rendered := render_old():
            done += rendered
        self.stdout.write(f"Rendered {done} posts again.")
