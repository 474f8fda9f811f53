"""The Celery application: `celery -A network.config.celery worker`, and `beat`."""

import os
import warnings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.config.settings")

from billiard.process import current_process
from celery import Celery
from celery import Task as BaseTask
from celery.platforms import SecurityWarning
from celery.signals import worker_process_init

from network.operations.rootless import end_with_parent

# what it warns of is unpickling messages, and ours are JSON
warnings.filterwarnings("ignore", category=SecurityWarning)


class Task(BaseTask):
    Request = "network.operations.acknowledging:FreeingRequest"


app = Celery("kith", task_cls=Task)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()  # the tasks.py of each floor


@worker_process_init.connect
def leave_no_orphan(**_):
    """A killed worker takes its pool along."""
    end_with_parent(parent=current_process()._parent_pid)
