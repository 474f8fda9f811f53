"""PostgreSQL as the product uses it, emptied quickly after a test whose transactions are real."""

from django.db.backends.postgresql import base, operations

KEPT = {"django_content_type", "auth_permission"}  # migrating filled them, and no test writes there


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(self, style, tables, **_):
        """Delete the few rows that a test leaves: TRUNCATE makes each table's files anew."""
        rows = [f"DELETE FROM {self.quote_name(name)}" for name in tables if name not in KEPT]
        role = "SET LOCAL session_replication_role ="  # `replica`: no trigger, no order of keys
        return [f"{role} replica; {'; '.join(rows)}; {role} DEFAULT"]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
