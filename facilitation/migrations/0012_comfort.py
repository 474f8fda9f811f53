from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("facilitation", "0011_starters_by_kith"),
    ]

    operations = [
        migrations.AlterField(
            model_name="cue",
            name="kind",
            field=models.CharField(
                choices=[
                    ("welcome", "Welcome"),
                    ("answer", "Answer"),
                    ("presence", "Presence"),
                    ("request", "Request"),
                    ("appeal", "Appeal"),
                    ("size", "Size"),
                    ("charter", "Charter"),
                    ("cover", "Cover"),
                    ("report", "Report"),
                    ("distress", "Distress"),
                    ("starter", "Starter"),
                    ("budding", "Budding"),
                    ("quiet", "Quiet"),
                    ("comfort", "Comfort"),
                ],
                max_length=10,
            ),
        ),
    ]
