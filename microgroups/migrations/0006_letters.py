import django.db.models.deletion
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.models import Q

import network.ids

MAILS = ["none", "due", "claimed", "handing_over", "sent", "unknown", "withheld", "failed"]


class Migration(migrations.Migration):
    # An index that is built, or a constraint that is validated, inside the lock that adding takes
    # would hold up everybody who invites somebody meanwhile.
    atomic = False
    dependencies = [("microgroups", "0005_agreements")]
    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="kind",
            field=models.CharField(
                choices=[("person", "Person"), ("email", "Email"), ("link", "Link")], max_length=6
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="address",
            field=models.EmailField(
                blank=True,
                db_default="",
                default="",
                help_text="Of one that is mailed; in one spelling.",
                max_length=254,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="reminded_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddIndexConcurrently(
            model_name="invitation",
            index=models.Index(
                fields=["address"], condition=~Q(address=""), name="invited_addresses"
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                fields=["group", "address"],
                condition=Q(state="open") & ~Q(address=""),
                name="one_open_invitation_per_group_and_address",
            ),
        ),
        AddConstraintNotValid(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=Q(kind="email") & (~Q(state="open") | ~Q(address=""))
                | (~Q(kind="email") & Q(address="")),
                name="a_mailed_invitation_has_an_address_while_it_is_open",
            ),
        ),
        ValidateConstraint(
            model_name="invitation",
            name="a_mailed_invitation_has_an_address_while_it_is_open",
        ),
        migrations.CreateModel(
            name="QuietAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.BinaryField(
                        help_text="Keyed; no address is kept.", max_length=32, unique=True
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "mail",
                    models.CharField(
                        choices=[(mail, mail.replace("_", " ").title()) for mail in MAILS],
                        default="none",
                        max_length=12,
                    ),
                ),
                ("mail_due_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=network.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("invites", "Invites"), ("reminds", "Reminds")], max_length=7
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to="microgroups.invitation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=Q(mail__in=["due", "claimed"]),
                        fields=["mail_due_at", "id"],
                        name="letters_to_mail",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("invitation"), models.F("what"), name="one_letter_of_each_kind"
                    )
                ],
            },
        ),
    ]
