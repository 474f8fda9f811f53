"""Kith's tables, as far as the floor reads them."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class Person(AbstractBaseUser):
    id = models.UUIDField(primary_key=True)
    username = models.TextField(unique=True)
    name = models.TextField()
    is_active = models.BooleanField()
    USERNAME_FIELD = "username"
    last_login = None

    class Meta:
        managed = False
        db_table = "network_person"


class Group(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "microgroups_microgroup"


class Membership(models.Model):
    group = models.ForeignKey(Group, models.DO_NOTHING)
    person = models.ForeignKey(Person, models.DO_NOTHING)
    state = models.TextField()

    class Meta:
        managed = False
        db_table = "microgroups_membership"


class Thread(models.Model):
    id = models.UUIDField(primary_key=True)
    group = models.ForeignKey(Group, models.DO_NOTHING)
    title = models.TextField()
    last_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "microgroups_thread"


class Post(models.Model):
    id = models.UUIDField(primary_key=True)
    thread = models.ForeignKey(Thread, models.DO_NOTHING)
    author = models.ForeignKey(Person, models.DO_NOTHING)
    body_html = models.TextField()
    at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "microgroups_post"
