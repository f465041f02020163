from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("executions", "0009_telegram_bot_identity")]

    operations = [
        migrations.AddField(
            model_name="taskanswer",
            name="key",
            field=models.CharField(
                help_text="Of the update that brought it, which may come again.", max_length=300, null=True, unique=True
            ),
        ),
        migrations.AddField(
            model_name="workflowexecution",
            name="waiting_told",
            field=models.PositiveIntegerField(
                default=0, help_text="After how many minutes of this wait somebody was told of it last."
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Pending"),
                    ("sending", "Sending"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending",
                max_length=9,
            ),
        ),
    ]
