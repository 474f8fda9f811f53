"""What a decision of the floors above does to words and to who writes them; others decide it.

Each is called in the transaction of the decision, under the lock of the group.
"""

from django.db.models import Exists, OuterRef

from microgroups.conversation.actions import after_change, tell_of_change
from microgroups.conversation.counting import recount_group
from microgroups.conversation.models import Mention, Post, Thread
from microgroups.conversation.rights import standing_post
from microgroups.conversation.words import render_again
from microgroups.membership.models import Membership


def hide(post, now):
    """Let the post keep its place without its words; they are kept for its author.

    Refuses: not_allowed (it was taken back).
    """
    post = standing_post(post)
    post.deleted_at = post.hidden_at = now
    post.save(update_fields=["deleted_at", "hidden_at"])
    Thread.objects.filter(pk=post.thread_id, answer=post.pk).update(answer=None)
    after_change(post, now)
    return post


def put_back(post, now):
    """Show a hidden post again; answers whether it was hidden."""
    posts = Post.objects.filter(pk=post.pk).exclude(hidden_at=None)
    posts = posts.select_related("thread", "author")
    post = posts.select_for_update(of=("self",), no_key=True).first()
    if post is None:
        return False
    post.deleted_at = post.hidden_at = None
    post.save(update_fields=["deleted_at", "hidden_at"])
    after_change(post, now)
    return True


def slow_down(thread, minutes, until):
    """Let each write in the thread once in so many minutes, until then; None and None: no more."""
    Thread.objects.filter(pk=thread.pk).update(slow_minutes=minutes, slow_until=until)


def pause(group, person, until):
    """Let the person read and not write until then; None: no more."""
    Membership.objects.filter(group=group, person=person).update(paused_until=until)


def move(thread, to, now):
    """Let the thread stand in another group with all that hangs on it; both groups are locked.

    Its posts follow by the key that keeps them with it. What belonged to the group it leaves goes:
    pin, slow pace, "first words", and the mentions of people who do not read where it stands now.
    """
    before = thread.group_id
    Thread.objects.filter(pk=thread.pk).update(
        group=to, moved_at=now, pinned_at=None, slow_minutes=None, slow_until=None
    )
    Post.objects.filter(thread=thread.pk, is_first=True).update(is_first=False)
    leave_out_strangers(thread, to)
    for key in (before, to.pk):
        recount_group(key)
    for post in Post.objects.filter(thread=thread.pk).select_related("thread", "author"):
        tell_of_change(post, now)


def leave_out_strangers(thread, group):
    """Whoever is named in the thread and does not read in the group is a plain word there."""
    reads = Membership.objects.reading().filter(group=group, person=OuterRef("person"))
    named = Mention.objects.filter(~Exists(reads), post__thread=thread.pk)
    posts = list(named.values_list("post", flat=True))
    named.delete()
    render_again(Post.objects.filter(pk__in=posts))
