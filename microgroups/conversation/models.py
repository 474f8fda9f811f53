"""What people say to each other in a group."""

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import Greatest
from django.urls import reverse

from microgroups.conversation.expressions import Opening, Unread
from network.ids import uuid7
from network.people.models import Block


class Kind(models.TextChoices):
    TALK = "talk"
    QUESTION = "question"
    INTRODUCTION = "introduction"
    STARTER = "starter"
    ANNOUNCEMENT = "announcement"


def inside(group, person):
    """What holds for rows of groups whose talk the person may read: `MicroGroup.inside_for`, as
    conditions on the path `group`."""
    return {
        f"{group}__network__in": person.network_ids(),
        f"{group}__in": person.memberships.reading().values("group"),
    }


def left_behind(person, *said):
    """What holds for rows of a group that the person left by budding, where all that they show
    was `said` (times, some of them null) before the parting."""
    then = person.memberships.parted().filter(group=OuterRef("group"))
    last = Greatest(*map(OuterRef, said))
    then = then.filter(reads_until__gte=last)
    return Q(Exists(then), group__network__in=person.network_ids())


class ThreadQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Threads of the groups whose talk this person may read; of one they left by budding those
        that were there at the parting, as they were called then."""
        if not person.pk:
            return self.none()
        past = left_behind(person, "opened_at", "retitled_at", "moved_at")
        return self.filter(Q(**inside("group", person)) | past, deleted_at=None)

    def open_to(self, person):
        """The same, and those that were given another title since: `past.as_it_was` is to be asked
        for what they were called."""
        if not person.pk:
            return self.none()
        past = left_behind(person, "opened_at", "moved_at")
        return self.filter(Q(**inside("group", person)) | past, deleted_at=None)

    def inside_for(self, person):
        """Threads of the groups that this person is in."""
        return self.filter(deleted_at=None, **inside("group", person)) if person.pk else self.none()

    def standing(self):
        """Threads that were not taken back."""
        return self.filter(deleted_at=None)

    def with_unread(self, person):
        """`seen_until`: how far a member has read; `unread`: posts of others that came since."""
        mine = Q(group__memberships__person=person.pk)
        threads = self.annotate(mine=FilteredRelation("group__memberships", condition=mine))
        return threads.read_by(person.pk, F("mine__read_before"))

    def read_by(self, person, read_before):
        """The same where it is known before when everything counts as read."""
        return self.annotate(
            mark=FilteredRelation("read_marks", condition=Q(read_marks__person=person)),
            seen_until=Greatest(read_before, "mark__read_until"),
            unread=Unread("pk", "seen_until", Value(person)),
        )

    def with_opening(self):
        """`opening`: {body, body_html, mentions} of the first post; empty where that is gone."""
        return self.annotate(opening=Opening("pk"))

    def taken_back_by(self, person):
        """Threads that this person took back and may want to put back."""
        return self.filter(deleted_by=person.pk, **inside("group", person)).exclude(deleted_at=None)

    def news_for(self, person):
        """Threads in which somebody else has written since this person last read there."""
        threads = self.inside_for(person).with_unread(person)
        return threads.filter(last_at__gt=F("seen_until"), unread__gt=0)


class Thread(models.Model):
    """A conversation. Its opening text and the replies are all Posts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.ForeignKey(
        "microgroups.MicroGroup", on_delete=models.CASCADE, related_name="threads"
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TALK)
    title = models.CharField(max_length=200)
    author = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="threads"
    )
    by_kith = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Kith itself began it."
    )
    gist = models.CharField(max_length=200, blank=True, help_text="How the opening post begins.")
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField(help_text="When the newest post was written.")
    last_author = models.ForeignKey(
        "network.Person", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    posts_count = models.PositiveIntegerField(default=0, editable=False)
    answered_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody else first wrote back."
    )
    answer = models.ForeignKey(
        "microgroups.Post", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    pinned_at = models.DateTimeField(null=True, blank=True)
    slow_minutes = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="One post of each in so many minutes."
    )
    slow_until = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    retitled_at = models.DateTimeField(
        null=True, editable=False, help_text="When it was last given another title."
    )
    moved_at = models.DateTimeField(
        null=True, editable=False, help_text="When it came here from another group."
    )
    former_titles = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        editable=False,
        help_text="[[until when, what it was called]], oldest first.",
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "network.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="kith"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "group"], name="a_thread_and_its_group"),
            models.CheckConstraint(
                name="a_slow_thread_has_an_end",
                condition=Q(slow_minutes=None, slow_until=None)
                | Q(slow_minutes__gte=1, slow_until__isnull=False),
            ),
            models.CheckConstraint(
                name="what_kith_begins_is_in_nobodys_name",
                condition=Q(by_kith=False) | Q(author=None),
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-last_at", "-id"], name="threads_of_a_group"),
            GinIndex(fields=["group", "search"], name="threads_by_group_and_words"),
            models.Index(
                fields=["opened_at"],
                condition=Q(answered_at=None, deleted_at=None),
                name="unanswered_threads",
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("thread", args=[self.pk])

    @property
    def is_closed(self):
        return self.closed_at is not None

    @property
    def is_pinned(self):
        return self.pinned_at is not None

    @property
    def is_answered(self):
        return self.answered_at is not None

    def is_slow(self, now):
        """Each may write here once in a while only."""
        return self.slow_until is not None and self.slow_until > now


class PostQuerySet(models.QuerySet):
    def visible_to(self, person):
        """Posts of the threads this person may read; deleted ones keep their place, wordless.

        Of a group they left by budding those whose words, as they stand, were there at the parting.
        """
        if not person.pk:
            return self.none()
        said = ("at", "edited_at", "thread__retitled_at", "thread__moved_at")
        past = left_behind(person, *said)
        return self.filter(Q(**inside("group", person)) | past, thread__deleted_at=None)

    def standing(self):
        """Posts that were not taken back."""
        return self.filter(deleted_at=None)

    def with_mine(self, person):
        """`mine`: the reactions that this person gave."""
        theirs = Reaction.objects.filter(post=OuterRef("pk"), person=person.pk)
        return self.annotate(mine=ArraySubquery(theirs.order_by("pk").values("emoji")))

    def with_folded(self, person):
        """`is_folded`: whether this person has blocked who wrote it."""
        blocked = Block.objects.visible_to(person).filter(blocked=OuterRef("author"))
        return self.annotate(is_folded=Exists(blocked))


class Post(models.Model):
    """Something a person wrote in a thread."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The database holds both by one key, `posts_stay_in_the_group_of_their_thread`: whoever may
    # read a group may read its posts, so none may stand in another group than its thread does.
    thread = models.ForeignKey(
        Thread, on_delete=models.CASCADE, related_name="posts", db_constraint=False, db_index=False
    )
    group = models.ForeignKey(
        "microgroups.MicroGroup",
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    author = models.ForeignKey(
        "network.Person",
        null=True,
        on_delete=models.SET_NULL,
        related_name="posts",
        db_index=False,
    )
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown, as it was typed.")
    body_html = models.TextField(blank=True, help_text="Rendered once, at write time.")
    html_version = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    reply_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="replies",
        db_index=False,
    )
    reactions_count = models.JSONField(default=dict, blank=True, help_text="{emoji: how many}")
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        "network.Person",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    hidden_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Hidden by a decision; it is as good as taken back meanwhile.",
    )
    is_first = models.BooleanField(
        db_default=False, default=False, editable=False, help_text="Somebody's first words here."
    )
    is_system = models.BooleanField(
        default=False, help_text="Written by a machine: imported, or Kith itself."
    )
    by_kith = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Kith itself wrote it."
    )
    search = models.GeneratedField(
        expression=SearchVector("body", config="kith"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            # Every door knows what was taken back; what is hidden goes through the same one.
            models.CheckConstraint(
                name="a_hidden_post_shows_no_words",
                condition=Q(hidden_at=None) | Q(deleted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="what_kith_writes_is_in_nobodys_name",
                condition=Q(by_kith=False) | Q(author=None, is_system=True),
            ),
        ]
        indexes = [
            models.Index(fields=["thread", "at", "id"], name="posts_of_a_thread"),
            models.Index(fields=["author", "-at"], name="posts_of_a_person"),
            models.Index(fields=["group", "-at"], name="posts_of_a_group"),
            models.Index(
                fields=["reply_to"], condition=Q(reply_to__isnull=False), name="replies_to_a_post"
            ),
            models.Index(
                fields=["deleted_by"],
                condition=Q(deleted_by__isnull=False),
                name="posts_taken_back_by",
            ),
            GinIndex(fields=["group", "search"], name="posts_by_group_and_words"),
        ]

    def __str__(self):
        return f"post of {self.at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self):
        return f"{reverse('thread', args=[self.thread_id])}?post={self.pk}#post-{self.pk}"

    @property
    def is_deleted(self):
        return self.deleted_at is not None

    @property
    def is_hidden(self):
        """Hidden by a decision: nobody but those who decide puts it back."""
        return self.hidden_at is not None

    @property
    def shown_body(self):
        """Its words; none where it was taken back."""
        return "" if self.is_deleted else self.body

    @property
    def shown_html(self):
        return "" if self.is_deleted else self.body_html

    @property
    def shown_reactions(self):
        return {} if self.is_deleted else self.reactions_count

    @property
    def is_edited(self):
        return self.edited_at is not None


class PostVersion(models.Model):
    """What a post said before it was changed."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="versions")
    body = models.TextField()
    body_html = models.TextField()
    at = models.DateTimeField(help_text="When this version was written.")

    class Meta:
        indexes = [models.Index(fields=["post", "-at"], name="versions_of_a_post")]

    def __str__(self):
        return f"version of {self.at:%Y-%m-%d %H:%M}"


class Reaction(models.Model):
    """A small answer without words. Imported ones may be a bare number without a person."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions")
    person = models.ForeignKey(
        "network.Person", null=True, on_delete=models.CASCADE, related_name="reactions"
    )
    emoji = models.CharField(max_length=60)
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "post", "person", "emoji", name="one_reaction_per_kind", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="a_person_reacts_once", condition=Q(person=None) | Q(count=1)
            ),
        ]
        indexes = [models.Index(fields=["person"], name="reactions_of_a_person")]

    def __str__(self):
        return self.emoji


class Mention(models.Model):
    """A member of the group named in a post."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey("network.Person", on_delete=models.CASCADE, related_name="mentions")

    class Meta:
        constraints = [models.UniqueConstraint("post", "person", name="one_mention_per_post")]

    def __str__(self):
        return f"mention of {self.person_id}"


class ReadMark(models.Model):
    """How far a person has read in a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="read_marks")
    person = models.ForeignKey(
        "network.Person", on_delete=models.CASCADE, related_name="read_marks"
    )
    read_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("thread", "person", name="one_read_mark_per_thread"),
        ]
        indexes = [models.Index(fields=["person"], name="read_marks_of_a_person")]

    def __str__(self):
        return f"read until {self.read_until:%Y-%m-%d %H:%M}"
