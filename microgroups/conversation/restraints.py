"""What a decision of the floors above does to words and to who writes them; others decide it.

Each is called in the transaction of the decision, under the lock of the group.
"""

from microgroups.conversation.actions import after_change
from microgroups.conversation.models import Post, Thread
from microgroups.conversation.rights import standing_post
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
