"""Facts of threads that are asked with every list, in SQL as it is.

Building them out of querysets took longer than answering them does.
"""

from django.db.models import Func, IntegerField, JSONField


class InSQL(Func):
    """SQL with a place for each expression: `{0}`, `{1}` … in this order, once each."""

    def as_sql(self, compiler, connection, **facts):
        parts = [compiler.compile(part) for part in self.source_expressions]
        values = [value for _, params in parts for value in params]
        return self.template.format(*(sql for sql, _ in parts)), values


class Unread(InSQL):
    """Unread(thread, seen_until, person): how many posts of others came in since."""

    output_field = IntegerField()
    template = """(SELECT count(*) FROM microgroups_post post WHERE post.thread_id = {0}
        AND post.deleted_at IS NULL AND post.at > {1} AND post.author_id IS DISTINCT FROM {2})"""


class Opening(InSQL):
    """Opening(thread): its first post as {body, body_html, mentions}; empty where that is gone."""

    output_field = JSONField()
    template = """coalesce((SELECT CASE WHEN post.deleted_at IS NULL THEN jsonb_build_object(
            'body', post.body, 'body_html', post.body_html, 'mentions', ARRAY(
                SELECT person.username FROM microgroups_mention mention
                JOIN network_person person ON person.id = mention.person_id
                WHERE mention.post_id = post.id ORDER BY person.username)) END
        FROM microgroups_post post WHERE post.thread_id = {0} ORDER BY post.at, post.id LIMIT 1),
        '{{"body": "", "body_html": "", "mentions": []}}')"""
